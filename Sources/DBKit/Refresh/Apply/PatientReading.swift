import Operations
import Postgres

/// Reading a table that others lock for a moment (a migration, TRUNCATE): a lock timeout is no reason to give a run up.
extension Session {
    /// Runs `body` in a transaction, or under a savepoint of the one that is open, again and again until no lock is in its
    /// way or the time is over.
    ///
    /// - Throws: `refresh.busy` once `request.wait` is over, counted from the first wait for a lock.
    func patiently<T>(_ request: RefreshRequest, table: String, _ body: (Session) throws -> T) throws -> T {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .seconds(2))
        var attempt = 1
        var deadline: ContinuousClock.Instant?
        while true {
            do {
                return try isInTransaction ? savepoint(body) : transaction(.readWrite, body)
            } catch let error as PostgresError {
                guard let found = BusyReason(error) else { throw error }
                let reason = found == .row ? .table : found
                // The first refusal, too, came after a wait.
                let end = deadline ?? ContinuousClock.now + request.wait - request.lockTimeout
                deadline = end
                let left = end - ContinuousClock.now
                guard left > .zero else { throw BusyRetry.failure(error, reason, table: table) }
                let pause = min(pace.wait(beforeRepetition: attempt), left)
                request.onEvent(.retrying(reason: reason.rawValue, attempt: attempt, after: pause))
                attempt += 1
                // A statement, so that cancelling the task ends this wait too.
                try execute("SELECT pg_catalog.pg_sleep(\(pause / .seconds(1)))")
            }
        }
    }
}
