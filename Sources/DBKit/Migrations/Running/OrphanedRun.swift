import Operations
import Postgres

/// What a run that was killed may have left on the server: a statement outside of a transaction goes on, and commits,
/// after its client died. Two runs must not overlap, so the next one waits for it, and then ends it.
struct OrphanedRun {
    private static let patience = Duration.seconds(3)

    /// Sees to it that no statement of an earlier run is under way. The caller holds the mutex, so whatever run has no
    /// end in `dbctl.operations` is dead.
    ///
    /// - Returns: The sessions that had to be ended.
    static func clear(except run: RunID, in session: Session) throws -> [Int32] {
        let deadline = ContinuousClock.now + patience
        var ended: [Int32] = []
        while true {
            let left = try backends(except: run, in: session)
            guard !left.isEmpty else { break }
            if ContinuousClock.now >= deadline {
                guard ContinuousClock.now < deadline + patience else {
                    throw Failure(
                        .lockHeld, "a statement of an interrupted run cannot be ended (pid \(left[0]))",
                        hint: "as a superuser: SELECT pg_terminate_backend(\(left[0]));")
                }
                for pid in left where !ended.contains(pid) {
                    try session.execute("SELECT pg_catalog.pg_terminate_backend(\(pid))")
                    ended.append(pid)
                }
            }
            try session.execute("SELECT pg_catalog.pg_sleep(0.05)")
        }
        return ended
    }

    private static func backends(except run: RunID, in session: Session) throws -> [Int32] {
        let query = Query(embedded: PackageResources.migrations_orphans_sql, binds: [run.description])
        return try session.rows(query).map { try $0.value("pid") }
    }

    /// Their rows say that they are dead, so that `dbctl history` shows no run that goes on for ever.
    static func close(except run: RunID, in session: Session) throws {
        try session.execute(Query(embedded: PackageResources.migrations_close_runs_sql, binds: [run.description]))
    }
}
