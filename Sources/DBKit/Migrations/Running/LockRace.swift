import Operations
import Postgres
import Synchronization

/// Runs work again as long as it only loses the race for a lock, with pauses of random length, and sees who wins it.
///
/// Once a try was rolled back, the server does not tell any more whom it waited for: its repetitions are watched from a
/// connection of their own. The first try is not, because nearly always it is the only one.
final class LockRace: Sendable {
    private struct State {
        var attempt = 1
        /// Those who were in the way when somebody last looked.
        var blockers: [Blocker] = []
    }

    private let request: MigrationRequest
    private let migration: Migration
    private let connection: Connection
    /// For how long each try waits for a lock.
    private let lockTimeout: Duration
    private let policy: RetryPolicy
    private let state = Mutex(State())

    /// - Parameter connection: That the work runs on.
    init(_ request: MigrationRequest, _ migration: Migration, on connection: Connection, lockTimeout: Duration) {
        self.request = request
        self.migration = migration
        self.connection = connection
        self.lockTimeout = lockTimeout
        policy = RetryPolicy(attempts: request.retries + 1, base: .milliseconds(250), cap: .seconds(5))
    }

    /// - Returns: How often it had to be run again.
    /// - Throws: What `body` throws; a ``StatementFailure`` names those who were in the way.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws -> Int {
        if policy.attempts > 1, try await isOver(body) { return 0 }
        try await watched { while try await !self.isOver(body) {} }
        return state.withLock { $0.attempt - 1 }
    }

    /// - Returns: False when it is to be tried again.
    private func isOver(_ body: @Sendable () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return true
        } catch {
            let (attempt, blockers) = state.withLock { ($0.attempt, $0.blockers) }
            let lost = (error as? StatementFailure)?.error ?? error as? PostgresError
            guard let lost, lost.isRetryable else { throw error }
            guard attempt < policy.attempts else {
                guard var failure = error as? StatementFailure else { throw error }
                failure.blockers = blockers
                throw failure
            }
            let pause = policy.wait(beforeRepetition: attempt)
            state.withLock { $0.attempt += 1 }
            request.onEvent(
                .retrying(
                    migration: migration.label, reason: ([lost.message] + blockers.inTheWay).joined(separator: "; "),
                    attempt: attempt + 1, of: policy.attempts, after: pause))
            try await Task.sleep(for: pause)
            return false
        }
    }

    private func watched(_ tries: @escaping @Sendable () async throws -> Void) async throws {
        // Through a pooler each try may have another server process, and a look would cost one of its few connections.
        guard try await !connection.run({ session in session.isPooled }) else { return try await tries() }
        var settings = SessionSettings(applicationName: request.applicationName)
        settings.isReadOnly = true
        var watch = StatementWatch(
            pid: await connection.backendPID, server: request.server, settings: settings, maximumWait: nil)
        // Several looks at each wait, however short.
        watch.pace = min(max(lockTimeout / 4, .milliseconds(20)), watch.pace)
        watch.onLook = { [self] look in
            guard look.isWaiting, !look.blockers.isEmpty else { return }
            state.withLock { $0.blockers = look.blockers }
        }
        try await watch.run(tries)
    }
}

extension [Blocker] {
    /// One line each.
    var inTheWay: [String] { map { "in the way: \($0.sentence)" } }
}
