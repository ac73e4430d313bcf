import Operations
import Postgres

extension Session {
    /// Reading the history while somebody has locked its table: a few tries, as for every other lock, then his name.
    func patientlyReadingHistory<T>(_ body: (Session) throws -> T) throws -> T {
        let pace = RetryPolicy(attempts: 3, base: .milliseconds(100), cap: .seconds(1))
        var attempt = 1
        while true {
            do {
                return try isInTransaction ? savepoint(body) : body(self)
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                guard attempt < pace.attempts else { throw try lockedHistory(error) }
            }
            // A statement, so that cancelling the task ends this wait too.
            try execute("SELECT pg_catalog.pg_sleep(\(pace.wait(beforeRepetition: attempt) / .seconds(1)))")
            attempt += 1
        }
    }

    private func lockedHistory(_ error: PostgresError) throws -> Failure {
        let oid: Int64 = try row("SELECT 'dbctl.migrations'::regclass::oid::bigint AS oid").value("oid")
        let holders = try Blocker.holders(of: [oid], in: self)
        return Failure(
            .lockHeld, "the history of migrations (dbctl.migrations) is locked by somebody else",
            detail: (holders.map(\.sentence) + ["Nothing was changed."]).joined(separator: "\n"),
            hint: "\(holders.remedy), and run the same command again", sqlState: error.sqlState?.code)
    }
}
