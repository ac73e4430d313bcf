import Operations
import Postgres

/// Who keeps readers away from a table.
enum LockContention {
    /// `backup.locked` with the blocker's pid, age and query (B9).
    static func failure(_ session: Session, _ tables: [UInt32]) throws -> Failure {
        try find(session, tables)
            ?? Failure(
                .backupLocked, "a table could not be locked for reading; whoever held it is gone by now",
                hint: "run the same command again, or raise --lock-wait; nothing was published")
    }

    /// Nil when nobody is in the way.
    static func find(_ session: Session, _ tables: [UInt32]) throws -> Failure? {
        // Activity is a snapshot of its own inside a transaction.
        _ = try session.rows("SELECT pg_stat_clear_snapshot()")
        let rows = try session.rows(
            Query(embedded: PackageResources.lock_blockers_sql, binds: [tables]))
        guard let row = rows.first else { return nil }
        let table = "\(try row.value("schema") as String).\(try row.value("name") as String)"
        let pid: Int32? = try row.value("pid")
        guard let pid else { return prepared(try row.value("gid"), table) }
        let age: Double = try row.value("age")
        let isGranted: Bool = try row.value("granted")
        return Failure(
            .backupLocked,
            "\(table) could not be locked for reading: pid \(pid) \(isGranted ? "holds" : "waits for") ACCESS EXCLUSIVE "
                + "on it, its transaction is \(Int(age)) s old",
            detail: "pid \(pid) runs: \(try row.value("query") as String)",
            hint:
                "wait for it or end it (SELECT pg_terminate_backend(\(pid))), or raise --lock-wait; nothing was published"
        )
    }

    /// A prepared transaction holds its locks until somebody ends it, over restarts too.
    private static func prepared(_ gid: String?, _ table: String) -> Failure {
        let name = gid ?? "unknown"
        return Failure(
            .backupLocked,
            "\(table) could not be locked for reading: the prepared transaction \(name) holds ACCESS EXCLUSIVE on it",
            hint: "COMMIT PREPARED or ROLLBACK PREPARED '\(name)', in this database; nothing was published")
    }
}
