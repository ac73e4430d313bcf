public import Operations
import Postgres

/// What pgbouncer's console has to say. Six questions, each answered from its memory.
enum PoolerConsole {
    /// The way was to lead to a console, and leads to something else.
    static var isMissing: Failure {
        Failure(
            .triageNoConsole, "there is no pgbouncer's console where it was looked for",
            hint: "set pool.pgbouncer in dbctl.yaml, or DBCTL_POOL_PGBOUNCER: postgresql://admin@host:6432/pgbouncer")
    }

    /// The way was to lead to a server, and leads to a console.
    static var isInTheWay: Failure {
        Failure(
            .triageNoConsole, "this is pgbouncer's console, which knows nothing of the server's own sessions",
            hint: "give the address of the server; dbctl pool doctor --via pgbouncer says what the console knows")
    }

    static func observe(in session: Session, timeout: Duration) throws(PostgresError) -> PoolerObservation {
        func ask(_ query: Query) throws(PostgresError) -> PoolerTable {
            try PoolerTable(session.rows(query, timeout: timeout))
        }
        return PoolerObservation(
            pools: try ask("SHOW POOLS"), databases: try ask("SHOW DATABASES"), clients: try ask("SHOW CLIENTS"),
            servers: try ask("SHOW SERVERS"), stats: try ask("SHOW STATS"), config: try ask("SHOW CONFIG"))
    }
}

extension FailureCode {
    /// A console was to be asked where there is none, or there is one where a server was to be.
    public static let triageNoConsole = FailureCode("pool.no_console", .configuration)
}
