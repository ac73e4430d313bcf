import Operations
import Postgres

/// The CHECK on the default partition that saves ATTACH from reading all of it under a lock that stops everybody.
///
/// It refuses rows of the range until ATTACH, so that it is for ranges only in which nobody writes yet.
struct FallbackCheck: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let table: PartitionedTable
    let fallback: Partition
    let check: RangeCheck

    /// Below this a look at the rows takes less time than the CHECK's own locks.
    static let smallest: Int64 = 1 << 20

    /// - Throws: `partition.locked`
    func add() async throws {
        let relation = try fallback.sql()
        let constraint = try identifier(RangeCheck.constraint)
        let lock = BoundedLock(request: request, connection: connection, tables: [fallback.oid], label: fallback.label)
        let add: Query =
            "ALTER TABLE ONLY \(relation) ADD CONSTRAINT \(constraint) CHECK (\(try check.outside)) NOT VALID"
        let comment: Query =
            "COMMENT ON CONSTRAINT \(constraint) ON \(relation) IS \(try literal(check.mark(of: table)))"
        try await lock.run(add.text) { session in
            try session.execute(add)
            try session.execute(comment)
        }
    }

    /// Reads all of it under a lock that stops neither readers nor writers. The caller has seen that no row is in the way,
    /// and since ``add()`` none can come.
    func validate() async throws {
        let statement: Query =
            "ALTER TABLE ONLY \(try fallback.sql()) VALIDATE CONSTRAINT \(try identifier(RangeCheck.constraint))"
        request.onEvent(.running(statement.text))
        try await connection.run { session in _ = try session.execute(statement) }
    }
}

/// Rows that lie in the default partition and belong to a range.
struct StrayRows: Sendable, Hashable {
    var count: Int64
    var least: String
    var greatest: String

    /// Nil when there are none.
    static func find(
        in fallback: Partition, _ check: RangeCheck, session: Session
    ) throws -> StrayRows? {
        let ends = try KeyEnds.read(
            "\(try identifier(check.key.column))", check.key.type,
            from: "\(try fallback.sql()) WHERE \(try check.inside)", in: session)
        // No range takes a NULL, so that there is a smallest one when there is any.
        guard let least = ends.smallest, let greatest = ends.largest else { return nil }
        return StrayRows(count: ends.rows, least: least, greatest: greatest)
    }
}
