import Operations
import Postgres

/// ATTACH PARTITION, with what has to be true under its lock.
///
/// Without a default partition its lock on the parent stops neither readers nor writers. With one it needs ACCESS EXCLUSIVE
/// on that, and foreign keys cost a lock on what they refer to: so it waits a twentieth of a second at a time.
struct PartitionAttachment: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let table: PartitionedTable
    let check: RangeCheck
    /// The table to be attached.
    let child: SQLFragment
    /// The default partition has a validated CHECK, and need not be read.
    var isFallbackChecked = false
    /// Somebody may be writing rows of the range at this moment. One who was on the way into the default partition would
    /// be refused once its bounds have changed (*seen*: 23514); so writers wait at the parent instead.
    var stopsWriters = false

    enum Outcome: Sendable, Hashable {
        case attached
        /// Somebody else has made a partition with this range meanwhile, or one that overlaps it.
        case taken(by: String)
        /// The default partition holds rows of the range.
        case stray
    }

    var statement: Query {
        get throws(PostgresError) { try BirthStatements.attaching(child, to: table, check) }
    }

    /// - Parameter before: More to be done in the same transaction, under the same locks, before ATTACH.
    /// - Throws: `partition.locked`
    func run(before: @escaping @Sendable (Session) throws -> Void = { _ in }) async throws -> Outcome {
        let statement = try statement
        let fallback = table.fallback
        let lock = BoundedLock(
            request: request, connection: connection,
            tables: [table.oid] + (fallback.map { [$0.oid] } ?? []) + table.referencedOIDs,
            label: ([fallback?.label ?? table.label] + table.referenced).joined(separator: " or "))
        do {
            return try await attach(statement, fallback, lock, before)
        } catch let error as PostgresError where error.isServerTimeout {
            guard let fallback else { throw error }
            throw tooLarge(fallback, error)
        } catch { throw error }
    }

    func tooLarge(_ fallback: Partition, _ error: PostgresError) -> Failure {
        Failure(
            .partitionLargeDefault,
            "\(fallback.label) takes longer than \(request.lockTimeout.spelled) to be read, and ATTACH stops everybody who uses it meanwhile",
            detail: "This partition was not attached.",
            hint: "in a quiet moment: the same command with --lock-timeout 30s",
            sqlState: error.sqlState?.code)
    }

    private func attach(
        _ statement: Query, _ fallback: Partition?, _ lock: BoundedLock,
        _ before: @escaping @Sendable (Session) throws -> Void
    ) async throws -> Outcome {
        try await lock.run(statement.text, longest: fallback == nil ? nil : request.lockTimeout) { session in
            let mode: SQLFragment = stopsWriters ? "SHARE ROW EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE"
            try session.execute("LOCK TABLE ONLY \(try table.sql()) IN \(mode) MODE")
            if let other = try overlapping(in: session) { return .taken(by: other.label) }
            if let fallback {
                try session.execute("LOCK TABLE \(try fallback.sql()) IN ACCESS EXCLUSIVE MODE")
            }
            try before(session)
            if let fallback, !isFallbackChecked {
                let stray = try session.row(
                    "SELECT EXISTS (SELECT FROM \(try fallback.sql()) WHERE \(try check.inside)) AS is_there")
                if try stray.value("is_there") { return .stray }
            }
            try session.execute(statement)
            try finish(fallback, in: session)
            return .attached
        }
    }

    /// The helpers have served.
    func finish(_ fallback: Partition?, in session: Session) throws {
        try session.execute(try BirthStatements.cleaning(child))
        if isFallbackChecked, let fallback { try session.execute(try FallbackCheck.cleaning(fallback)) }
    }

    /// - Throws: `partition.overlap`
    func refuseOverlap(in session: Session) throws {
        guard let other = try overlapping(in: session) else { return }
        throw overlap(other.label)
    }

    func overlap(_ other: String) -> Failure {
        Failure(
            .partitionOverlap, "\(other) was attached to \(table.label) meanwhile, with rows of \(check.text)",
            detail: "Nothing of it was changed.", hint: "run the same command again: it looks anew")
    }

    /// Read again under the lock, under which nobody else attaches.
    private func overlapping(in session: Session) throws -> Partition? {
        let query = Query(embedded: PackageResources.partition_children_sql, binds: [[table.oid]])
        return try session.rows(query).map { try Partition($0, key: table.key.type) }.first { partition in
            partition.bounds.range?.overlaps(check.range) ?? false
        }
    }
}

extension PostgresError {
    /// `statement_timeout`, and not somebody's cancel.
    var isServerTimeout: Bool { kind == .server && sqlState == .queryCanceled }
}
