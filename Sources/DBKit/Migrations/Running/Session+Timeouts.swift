import Postgres

extension Session {
    enum Timeout {
        case lock, statement

        fileprivate var name: SQLFragment {
            switch self {
            case .lock: "lock_timeout"
            case .statement: "statement_timeout"
            }
        }
    }

    /// - Parameter isLocal: Until the end of the transaction; else for the session. Zero is no limit.
    func limit(_ timeout: Timeout, to duration: Duration, isLocal: Bool) throws(PostgresError) {
        let milliseconds: SQLFragment = "\(Int64(duration / .milliseconds(1)))"
        let scope: SQLFragment = isLocal ? "LOCAL" : "SESSION"
        try execute("SET \(scope) \(timeout.name) = \(milliseconds)")
    }
}
