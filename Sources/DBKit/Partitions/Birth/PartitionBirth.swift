import Operations
import Postgres

/// One new partition: made beside its parent, dressed like it, and then attached. CREATE … PARTITION OF would do both under
/// a lock that stops every reader; ATTACH stops none.
///
/// Making it is one transaction, so that what an interrupted run leaves is whole: a table with the mark of ``RangeCheck``.
struct PartitionBirth: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let table: PartitionedTable
    let range: PartitionRange
    /// In the schema of the table.
    let name: String
    /// A partition whose storage parameters it takes: a partitioned table has none of its own.
    var sibling: Int64?

    var check: RangeCheck { RangeCheck(key: table.key, range: range) }
    var label: String { "\(table.schema).\(name)" }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(table.schema, name))" }

    /// Makes the table, or goes on with the one that an interrupted run left.
    ///
    /// - Returns: Its oid.
    /// - Throws: `partition.name_taken` when something else has the name; `partition.leftover`
    func create() async throws -> Int64 {
        if let leftover = try await leftover() {
            if try await connection.run({ session in try isWhole(leftover.oid, in: session) }) { return leftover.oid }
            try await leftover.drop(request, connection, of: table)
        }
        try await connection.run { session in try Self.refuseTaken(name, for: check, table, in: session) }
        request.onEvent(.running("CREATE TABLE \(label) (LIKE \(table.label) …)"))
        return try await connection.run { session in try session.transaction { try make(in: $0) } }
    }

    private func leftover() async throws -> Leftover? {
        try await connection.run { session in
            try Leftover.find(of: table, in: session).first { try $0.isBegun(name, check, of: table) }
        }
    }

    /// Whoever has the name: nothing is tried that could fail, so that nothing stands in the server's log.
    ///
    /// - Throws: `partition.name_taken`
    static func refuseTaken(
        _ name: String, for check: RangeCheck, _ table: PartitionedTable, in session: Session
    ) throws {
        let query = Query(embedded: PackageResources.partition_name_sql, binds: [table.schema, name])
        guard let row = try session.rows(query).first else { return }
        let kind: String = try row.value("kind")
        let parent: String? = try row.value("parent")
        throw Failure(
            .partitionNameTaken,
            "\(table.schema).\(name), the partition for \(check.text), cannot be created: \(kind)\(parent.map { " of \($0)" } ?? "") has the name",
            detail: "This partition was not created.",
            hint:
                "rename it (ALTER … RENAME TO …), or give the partitions of \(table.label) other names with name: in dbctl.yaml"
        )
    }

    private func make(in session: Session) throws -> Int64 {
        let parent = try RelationTraits.read(table.oid, in: session)
        let child = try sql()
        let statements = BirthStatements(table: table, check: check, name: name, sibling: sibling)
        for statement in try statements.creation(parent, in: session) { try session.execute(statement) }
        if parent.owner != (try session.row("SELECT current_user::text AS name").value("name", as: String.self)) {
            try session.execute(try BirthStatements.owning(child, parent))
        }
        let oid: Int64 = try session.row(
            Query(embedded: PackageResources.partition_name_sql, binds: [table.schema, name])
        ).value("oid")
        for difference in try differences(oid, parent, in: session) where difference.trait != .policy {
            for query in difference.statements { try session.execute(query) }
        }
        try PolicyCopy(target: RelationTraits.read(oid, in: session), model: parent).run(in: session)
        for difference in try differences(oid, parent, in: session) {
            request.onEvent(.note("\(difference.message), and could not be made so"))
        }
        return oid
    }

    private func differences(_ oid: Int64, _ parent: RelationTraits, in session: Session) throws -> [TraitDifference] {
        let child = try RelationTraits.read(oid, in: session)
        return try Inheritance(of: child, from: parent, .beforeAttach).differences()
    }

    /// The parent may have changed since, and rows may have come that nobody looked at.
    private func isWhole(_ oid: Int64, in session: Session) throws -> Bool {
        let rows = try session.row("SELECT EXISTS (SELECT FROM \(try sql())) AS are_there")
        guard try !rows.value("are_there") else { return false }
        let parent = try RelationTraits.read(table.oid, in: session)
        let child = try RelationTraits.read(oid, in: session)
        guard child.columns.count == parent.columns.count else { return false }
        return try differences(oid, parent, in: session).isEmpty
    }
}
