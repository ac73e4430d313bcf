import Operations
import Postgres

/// A table with a mark.
struct MarkedTable: Sendable, Hashable {
    var oid: Int64
    var schema: String
    var name: String
    /// It is a partition still, or again.
    var isAttached: Bool
    var mark: RetainMark

    var label: String { "\(schema).\(name)" }
    var typed: String { (try? identifier(schema, name).typed) ?? label }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    /// Those that belong to a partitioned table, the oldest first. What was copied or restored from one is none of them.
    static func find(of table: PartitionedTable, in session: Session) throws -> [MarkedTable] {
        let query = Query(embedded: PackageResources.retain_marks_sql, binds: [RetainMark.beginning])
        let key = table.key.type
        return try session.rows(query).compactMap { row -> MarkedTable? in
            let oid: Int64 = try row.value("oid")
            guard let mark = RetainMark(try row.value("comment")), mark.oid == oid, mark.parentOID == table.oid else {
                return nil
            }
            return MarkedTable(
                oid: oid, schema: try row.value("schema"), name: try row.value("name"),
                isAttached: try row.value("is_attached"), mark: mark)
        }.sorted { left, right in
            guard let first = PartitionValue(left.mark.upper, key: key),
                let second = PartitionValue(right.mark.upper, key: key)
            else { return left.name < right.name }
            return first < second
        }
    }

    /// Puts another mark in the place of the one that is there; nil: none.
    func replaceMark(with mark: RetainMark?, in session: Session) throws {
        try session.execute(try Self.marking(sql(), mark))
    }

    static func marking(_ relation: SQLFragment, _ mark: RetainMark?) throws -> Query {
        guard let mark else { return "COMMENT ON TYPE \(relation) IS NULL" }
        return "COMMENT ON TYPE \(relation) IS \(try literal(mark.text))"
    }

    static func dropping(_ relation: SQLFragment) -> Query { "DROP TABLE \(relation)" }

    /// What makes it a partition again, as it is typed.
    func attaching(to table: PartitionedTable) throws -> String {
        let lower: SQLFragment = try mark.lower.map { "\(try literal($0))" } ?? "MINVALUE"
        let values: SQLFragment = "FOR VALUES FROM (\(lower)) TO (\(try literal(mark.upper)))"
        return "ALTER TABLE \(table.typed) ATTACH PARTITION \(typed) \(values.statement)"
    }
}
