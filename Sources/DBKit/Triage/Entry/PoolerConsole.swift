import Postgres

/// What pgbouncer's console has to say. Five questions, each answered from its memory.
enum PoolerConsole {
    static func observe(in session: Session, timeout: Duration) throws(PostgresError) -> PoolerObservation {
        func ask(_ query: Query) throws(PostgresError) -> PoolerTable {
            try PoolerTable(session.rows(query, timeout: timeout))
        }
        return PoolerObservation(
            pools: try ask("SHOW POOLS"), databases: try ask("SHOW DATABASES"), clients: try ask("SHOW CLIENTS"),
            servers: try ask("SHOW SERVERS"), stats: try ask("SHOW STATS"))
    }
}
