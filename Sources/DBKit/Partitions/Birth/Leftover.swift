import Operations
import Postgres

/// What an interrupted run left of a table's partitions. Known by its mark, never by its name; a table that holds rows is
/// never dropped.
struct Leftover: Sendable, Hashable {
    var oid: Int64
    var schema: String
    var name: String
    /// The CHECK on the default partition, which refuses rows for as long as it is there; else a table to be attached.
    var isFallback: Bool
    /// Which partition it belongs to.
    var mark: String?

    var label: String { "\(schema).\(name)" }

    static func find(of table: PartitionedTable, in session: Session) throws -> [Leftover] {
        try findAll(of: [table], in: session)[table.oid] ?? []
    }

    /// By the oid of the table that they belong to.
    static func findAll(of tables: [PartitionedTable], in session: Session) throws -> [Int64: [Leftover]] {
        let fallbacks = tables.compactMap(\.fallback?.oid)
        let query = Query(
            embedded: PackageResources.partition_leftovers_sql, binds: [RangeCheck.constraint, fallbacks])
        let all = try session.rows(query).map { row in
            Leftover(
                oid: try row.value("oid"), schema: try row.value("schema"), name: try row.value("name"),
                isFallback: try row.value("is_fallback"), mark: try row.value("comment"))
        }
        guard !all.isEmpty else { return [:] }
        var found: [Int64: [Leftover]] = [:]
        for table in tables {
            let mark = try RangeCheck.mark(of: table)
            found[table.oid] = all.filter { $0.mark?.hasPrefix(mark) ?? false }
        }
        return found
    }

    /// - Throws: `partition.leftover` when it holds rows; `partition.locked`
    func drop(_ request: PartitionRequest, _ connection: Connection, of table: PartitionedTable) async throws {
        let relation: SQLFragment = "\(try identifier(schema, name))"
        let statement: Query =
            isFallback
            ? "ALTER TABLE \(relation) DROP CONSTRAINT \(try identifier(RangeCheck.constraint))"
            : "DROP TABLE \(relation)"
        try await BoundedLock(request: request, connection: connection, tables: [oid], label: label).run(statement.text)
        {
            session in
            try session.execute("LOCK TABLE ONLY \(relation) IN ACCESS EXCLUSIVE MODE")
            // Between looking and locking somebody may have attached it, or put another one in its place.
            guard try Leftover.find(of: table, in: session).contains(self) else { return }
            if !isFallback { try refuseRows(in: session, relation) }
            try session.execute(statement)
        }
        request.onEvent(
            .cleaned(
                isFallback
                    ? "dropped the CHECK that an interrupted run left on \(label)"
                    : "dropped \(label), which an interrupted run left unattached and empty"))
    }

    private func refuseRows(in session: Session, _ relation: SQLFragment) throws {
        let row = try session.row("SELECT EXISTS (SELECT FROM ONLY \(relation)) AS has_rows")
        guard try row.value("has_rows") else { return }
        throw Failure(
            .partitionLeftover, "\(label) was left unattached by an interrupted run, and it holds rows",
            detail: "It was left as it is: nothing of dbctl's drops a table that holds rows.",
            hint:
                "dbctl partition ensure --drain-default goes on where it was filled; if the rows are nobody's: DROP TABLE \(try identifier(schema, name).sql)"
        )
    }
}
