import Operations
import Postgres

extension MigrationRequest {
    /// Runs `body` again as long as it only loses the race for a lock, with pauses of random length.
    ///
    /// - Returns: How often it had to be run again.
    func repeating(_ migration: Migration, _ body: () async throws -> Void) async throws -> Int {
        let policy = RetryPolicy(attempts: retries + 1, base: .milliseconds(250), cap: .seconds(5))
        var attempt = 1
        while true {
            do {
                try await body()
                return attempt - 1
            } catch {
                let lost = (error as? StatementFailure)?.error ?? error as? PostgresError
                guard let lost, lost.isRetryable, attempt < policy.attempts else { throw error }
                let pause = policy.wait(beforeRepetition: attempt)
                attempt += 1
                onEvent(
                    .retrying(
                        migration: migration.label, reason: lost.message, attempt: attempt, of: policy.attempts,
                        after: pause))
                try await Task.sleep(for: pause)
            }
        }
    }
}
