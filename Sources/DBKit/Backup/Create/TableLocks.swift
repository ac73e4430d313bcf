import Operations
import Postgres

/// ACCESS SHARE on every table of a backup, and the proof that the snapshot still sees what is in them.
enum TableLocks {
    /// Whether the lock table surely has room for two sessions that lock every table: the holder, and `pg_dump`.
    static func fitTwice(_ tables: Int, capacity: Int) -> Bool { tables * 2 <= capacity }

    /// - Returns: nil when all are held; else why the snapshot is of no use.
    /// - Throws: what another snapshot would not cure.
    static func take(_ tables: [DatabaseFacts.Relation], of server: SourceServer, in session: Session) throws
        -> Failure?
    {
        for batch in tables.batches(of: 100) {
            do {
                try session.savepoint { session in
                    let names = try batch.map { try $0.identifier }
                    _ = try session.execute("LOCK TABLE \(names) IN ACCESS SHARE MODE")
                }
            } catch let error as PostgresError {
                switch error.sqlState {
                case .lockNotAvailable: return try LockContention.failure(session, batch.map(\.oid))
                case .undefinedTable:
                    return Failure(.backupUnstable, "a table was dropped while the backup began: \(error.message)")
                case SQLState("53200"): throw full(tables.count, server)
                default: throw Failure(error, while: "cannot lock \(batch.count) tables for reading")
                }
            }
        }
        let rewritten = try session.rows(Query(embedded: PackageResources.rewritten_sql, binds: [tables.map(\.oid)]))
            .map { row in "\(try row.value("schema") as String).\(try row.value("name") as String)" }
        guard !rewritten.isEmpty else { return nil }
        return Failure(
            .backupUnstable, "truncated or rewritten while the backup began: \(rewritten.joined(separator: ", "))")
    }

    static func full(_ tables: Int, _ server: SourceServer) -> Failure {
        Failure(
            .backupLockTable, "the server's lock table is too small for \(tables) tables",
            detail: "max_locks_per_transaction is \(server.maxLocks)",
            hint:
                "raise max_locks_per_transaction to \(max(128, tables / 50)) in postgresql.conf and restart the server",
            sqlState: "53200")
    }
}
