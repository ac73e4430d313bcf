import Operations
import Postgres

/// The session that owns the snapshot: it locks every table before anything is read and keeps the locks until the last
/// row is out, so that no table is truncated, rewritten or dropped under the backup's hands.
///
/// Whatever gets in the way (a queued ALTER, a TRUNCATE between snapshot and lock) means a new snapshot; how often is
/// bounded by the time that `--lock-wait` gives, then it is 75.
struct SnapshotHolder: Sendable {
    let connection: Connection
    let server: SourceServer
    let snapshot: SnapshotID
    let time: String
    let xmin: String
    let relations: [DatabaseFacts.Relation]
    /// False while the tables are still to be locked: see ``lockTables()``.
    private let isLocked: Bool
    /// When the snapshot was taken: since then vacuum is held back.
    let started: ContinuousClock.Instant

    /// Takes a snapshot and locks everything, or says who is in the way.
    static func open(
        _ parameters: ConnectionParameters, applicationName: String, lockWait: Duration,
        deadline: ContinuousClock.Instant
    ) async throws -> SnapshotHolder {
        var settings = SessionSettings(applicationName: applicationName)
        settings.idleInTransactionTimeout = .zero
        settings.isReadOnly = true
        // A frozen server acknowledges nothing, and a run that was stopped has two seconds to clean up.
        settings.cancelGrace = .seconds(1)
        // Short tries: whoever waits for a lock of ours, or we for theirs, must not stall the readers behind us.
        settings.lockTimeout = min(.seconds(2), max(.milliseconds(100), lockWait / 10))
        let connection = try await BackupSession.open(parameters, settings)
        do {
            return try await hold(connection, deadline: deadline)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Locks the tables where the lock table had no room for this session and `pg_dump` at once, which is on a server with
    /// default settings from some thousand tables on. `pg_dump` has held them itself until now; what happened in the
    /// moment between shows, as everything before a lock does, and means a new snapshot.
    ///
    /// - Returns: nil when all are held; else why this snapshot is of no use.
    func lockTables() async throws -> Failure? {
        guard !isLocked else { return nil }
        return try await connection.run { session in
            try TableLocks.take(relations.filter(\.isLockable), of: server, in: session)
        }
    }

    /// Runs `body`, which leaves this session idle, while asking the server now and then whether it is still there: a
    /// program like `pg_dump` waits for a frozen server for ever.
    func watching<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let probe = SnapshotProbe(connection)
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: T.self) { group in
                group.addTask {
                    do {
                        return try await body()
                    } catch {
                        probe.giveUp()
                        throw error
                    }
                }
                group.addTask {
                    while true {
                        try await Task.sleep(for: .seconds(5))
                        try await probe.ask()
                    }
                }
                defer { group.cancelAll() }
                guard let result = try await group.next() else { throw CancellationError() }
                return result
            }
        } onCancel: {
            probe.giveUp()
        }
    }

    /// Ends `body` when the snapshot becomes too old, before it hurts vacuum.
    func within<T: Sendable>(_ limit: Duration?, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
        guard let limit else { return try await body() }
        return try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(until: started + limit, clock: .continuous)
                throw Failure(
                    .backupSnapshotAge, "the backup was stopped: its snapshot is \(limit) old",
                    hint: "raise --max-snapshot-age, or give more --jobs; nothing was published")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    private static func hold(
        _ connection: Connection, deadline: ContinuousClock.Instant
    ) async throws -> SnapshotHolder {
        var attempt = 0
        while true {
            attempt += 1
            let started = ContinuousClock.now
            let outcome = try await connection.run { session in try takeSnapshot(session) }
            switch outcome {
            case .ready(let server, let snapshot, let time, let xmin, let relations, let isLocked):
                return SnapshotHolder(
                    connection: connection, server: server, snapshot: snapshot, time: time, xmin: xmin,
                    relations: relations, isLocked: isLocked, started: started)
            case .again(let reason):
                try await connection.run { session in _ = try session.execute("ROLLBACK") }
                guard ContinuousClock.now < deadline else { throw reason }
                try await Task.sleep(for: RetryPolicy(attempts: 100).wait(beforeRepetition: attempt))
            }
        }
    }

    private enum Outcome: Sendable {
        case ready(SourceServer, SnapshotID, time: String, xmin: String, [DatabaseFacts.Relation], Bool)
        /// The snapshot is of no use; what to say should the time be over.
        case again(Failure)
    }

    private static func takeSnapshot(_ session: Session) throws -> Outcome {
        // Before the snapshot, so that the LSN is a lower bound.
        let server = try SourceServer.read(session)
        // No conversion exists there, and names need not be UTF-8.
        if server.encoding == "SQL_ASCII" { try session.useEncoding(server.encoding) }
        try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY, NOT DEFERRABLE")
        let snapshot = try session.exportSnapshot()
        let facts = try session.row(Query(embedded: PackageResources.snapshot_facts_sql))
        let relations = try DatabaseFacts.relations(session)
        let tables = relations.filter(\.isLockable)
        try UnreadableTables.refuse(tables, role: server.role)
        let isLocked = TableLocks.fitTwice(tables.count, capacity: server.lockCapacity)
        if isLocked, let reason = try TableLocks.take(tables, of: server, in: session) { return .again(reason) }
        return .ready(
            server, snapshot, time: try facts.value("time"), xmin: try facts.value("xmin"), relations, isLocked)
    }
}
