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

    /// Whether a partition's rows are looked for by it: nobody writes them yet, and there are many of others.
    static func isWorthIt(_ fallback: Partition, isNear: Bool, in session: Session) throws -> Bool {
        try !isNear && fallback.kind == .table && fallback.sizeBytes(in: session) >= smallest
    }

    static func adding(_ check: RangeCheck, to fallback: Partition, of table: PartitionedTable) throws -> [Query] {
        let relation = try fallback.sql()
        let constraint = try identifier(RangeCheck.constraint)
        return [
            "ALTER TABLE ONLY \(relation) ADD CONSTRAINT \(constraint) CHECK (\(try check.outside)) NOT VALID",
            "COMMENT ON CONSTRAINT \(constraint) ON \(relation) IS \(try literal(check.mark(of: table)))",
        ]
    }

    static func validating(_ fallback: Partition) throws -> Query {
        "ALTER TABLE ONLY \(try fallback.sql()) VALIDATE CONSTRAINT \(try identifier(RangeCheck.constraint))"
    }

    /// It has served.
    static func cleaning(_ fallback: Partition) throws -> Query {
        "ALTER TABLE \(try fallback.sql()) DROP CONSTRAINT \(try identifier(RangeCheck.constraint))"
    }

    /// - Throws: `partition.locked`
    func add() async throws {
        let statements = try Self.adding(check, to: fallback, of: table)
        let lock = BoundedLock(request: request, connection: connection, tables: [fallback.oid], label: fallback.label)
        try await lock.run(statements[0].text) { session in
            for statement in statements { try session.execute(statement) }
        }
    }

    /// Reads all of it under a lock that stops neither readers nor writers. The caller has seen that no row is in the way,
    /// and since ``add()`` none can come.
    func validate() async throws {
        let statement = try Self.validating(fallback)
        request.onEvent(.running(statement.text))
        try await connection.run { session in _ = try session.execute(statement) }
    }
}
