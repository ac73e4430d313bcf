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
