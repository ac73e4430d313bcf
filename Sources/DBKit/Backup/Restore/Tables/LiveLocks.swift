import Operations
import Postgres

/// Work on tables that others use, inside an open transaction: every lock is asked for with a short timeout, and when
/// one is not to be had all of them are given back before the next try, so that nobody queues behind this run.
struct LiveLocks {
    /// The tables that are in question, as SQL reads them, to say who holds them.
    let tables: [String]
    let policy: RetryPolicy

    init(_ tables: [String], tries: Int) {
        self.tables = tables
        policy = RetryPolicy(attempts: tries, base: .milliseconds(100))
    }

    func holding<T>(_ session: Session, _ body: (Session) throws -> T) throws -> T {
        var attempt = 1
        while true {
            do {
                return try session.savepoint(body)
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable || error.isDeadlock {
                guard attempt < policy.attempts else { throw try busy(error, session) }
            }
            // A statement, so that cancelling the task ends this wait, too.
            let seconds = policy.wait(beforeRepetition: attempt) / .seconds(1)
            _ = try session.rows("SELECT pg_catalog.pg_sleep(\(seconds))")
            attempt += 1
        }
    }

    private func busy(_ error: PostgresError, _ session: Session) throws -> Failure {
        let holders = try session.rows(
            Query(embedded: PackageResources.restore_lock_holders_sql, binds: [tables])
        ).map { row in
            let age = Int(try row.value("age", as: Double.self))
            return try "pid \(row.value("pid", as: Int32.self)) uses \(row.value("name", as: String.self)), "
                + "in a transaction of \(age) s: \(row.value("query", as: String.self))"
        }
        return Failure(
            .restoreTableBusy,
            "other sessions use \(tables.joined(separator: ", ")): no lock after \(policy.attempts) tries",
            detail: (["Nothing was changed."] + holders).joined(separator: "\n"),
            hint: "end them or wait for them, and run the same command again", sqlState: error.sqlState?.code)
    }
}

extension PostgresError {
    fileprivate var isDeadlock: Bool { sqlState == .deadlockDetected }
}
