import Operations
import Postgres

/// A database with nobody else at its migrations: the mutex is held, the history is there, and no statement of an
/// interrupted run is under way any more.
actor MigrationSite {
    nonisolated let request: MigrationRequest
    nonisolated let connection: Connection
    nonisolated let isPooled: Bool
    nonisolated let foreignLocks: [ForeignLock]
    nonisolated let history: [AppliedMigration]
    private let lock: JobLock
    private var lockSeen = ContinuousClock.now
    private let log: OperationLog
    private var isRecorded = false
    private var counts: [String: Int64] = [:]
    private var failure: Failure?

    /// Runs `body` on the site and gives it up afterwards; how it ended is noted in `dbctl.operations`.
    ///
    /// - Parameter isDryRun: Ends nothing that an interrupted run has left.
    static func with<T: Sendable>(
        _ request: MigrationRequest, isDryRun: Bool = false, _ body: (MigrationSite) async throws -> T
    ) async throws -> T {
        var lockSettings = SessionSettings(applicationName: request.applicationName)
        lockSettings.lockTimeout = request.lockTimeout
        let lock = try await JobLock.acquire(
            "migrate", on: request.server, settings: lockSettings, wait: request.wait)
        do {
            let result = try await Connection.with(request.server, settings: request.settings) { connection in
                let site = try await MigrationSite(request, connection, lock, isDryRun: isDryRun)
                do {
                    let result = try await body(site)
                    await site.finish(nil)
                    return result
                } catch {
                    await site.finish(error)
                    throw error
                }
            }
            await lock.release()
            return result
        } catch {
            await lock.release()
            throw error
        }
    }

    private init(
        _ request: MigrationRequest, _ connection: Connection, _ lock: JobLock, isDryRun: Bool
    ) async throws {
        self.lock = lock
        self.request = request
        self.connection = connection
        log = OperationLog(clock: request.clock)
        let facts = try await connection.run { session in
            let history = try MigrationHistory.read(in: session)
            if try !isDryRun && OperationLog().state(in: session).isReadable {
                for pid in try OrphanedRun.clear(except: request.run.id, in: session) {
                    request.onEvent(.cleaned("ended pid \(pid), a statement of an interrupted run"))
                }
            }
            return (
                isPooled: session.isPooled, foreign: try ForeignLock.present(in: session),
                // What an interrupted run did until its end is in the history by now.
                history: history.isEmpty ? history : try MigrationHistory.read(in: session)
            )
        }
        isPooled = facts.isPooled
        foreignLocks = facts.foreign
        history = facts.history
    }

    /// Before the first change: creates what is missing, and notes that this run began.
    func begin() async throws {
        guard !isRecorded else { return }
        let (log, run) = (log, request.run)
        try await connection.run { session in
            if let failure = try log.prepare(in: session) {
                throw Failure(
                    .migrationHistoryNotWritable, "the role may not write the history of migrations (schema dbctl)",
                    detail: failure.message,
                    hint: try RecordRights.read(in: session).remedy(.tables, creating: [MigrationHistory.creationSQL]))
            }
            try MigrationHistory.prepare(in: session)
            try OrphanedRun.close(except: run.id, in: session)
            try log.begin(run, in: session)
        }
        isRecorded = true
    }

    /// Before another migration is begun: nobody else may be at it. Asked once a second at the most; whatever another
    /// run would do in between, the history's key keeps a migration from being applied twice.
    func checkLock() async throws {
        guard ContinuousClock.now - lockSeen > .seconds(1) else { return }
        try await lock.check()
        lockSeen = .now
    }

    /// What the last run has left to do.
    func debts() async throws -> MigrationDebts {
        try await connection.run { [request] session in try MigrationDebts(before: request.run.id, in: session) }
    }

    /// A failure that the result tells of.
    func note(_ failure: Failure) {
        self.failure = failure
    }

    func count(_ name: String, _ more: Int64 = 1) {
        counts[name, default: 0] += more
    }

    /// Even when the task was cancelled: a task of its own writes it.
    private func finish(_ error: (any Error)?) async {
        guard isRecorded else { return }
        let (log, run, counts, connection) = (log, request.run, counts, connection)
        let failure = error.map { Failure(describing: $0) } ?? failure
        await Task {
            try? await connection.run { session in
                try log.finish(run, failure: failure, counts: counts, in: session)
            }
        }.value
    }
}
