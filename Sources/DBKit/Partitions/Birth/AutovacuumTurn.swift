import Postgres

/// Makes an autovacuum leave a table, before a lock is asked for that others queue behind.
///
/// It gives up only for somebody who has waited as long as `deadlock_timeout`, and whoever keeps others waiting never waits
/// so long. Nobody who reads or writes waits behind SHARE UPDATE EXCLUSIVE; held to the end of the transaction, it also keeps
/// the next autovacuum away. Against one that prevents a wraparound nothing helps but its end.
enum AutovacuumTurn {
    /// - Parameters:
    ///   - withPartitions: Their partitions too, which a lock of theirs will lock.
    ///   - longest: What a lock may be waited for, when that is less.
    static func wait(
        for tables: [Int64], withPartitions: Bool = false, longest: Duration? = nil, in session: Session
    ) throws {
        // Without their partitions a partitioned table has nothing to be vacuumed.
        let places = try session.rows(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place,
                   (SELECT s.setting::bigint FROM pg_catalog.pg_settings AS s WHERE s.name = 'deadlock_timeout') AS timeout
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm')
              AND (c.oid = ANY (\(tables)::bigint[]::oid[])
                   OR \(withPartitions) AND c.oid IN (
                       SELECT t.relid FROM pg_catalog.unnest(\(tables)::bigint[]) AS u (oid),
                                           pg_catalog.pg_partition_tree(u.oid::oid) AS t))
              AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                          WHERE l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d
                                              WHERE d.datname = pg_catalog.current_database())
                            AND l.relation = c.oid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
                            AND l.pid <> pg_catalog.pg_backend_pid())
            ORDER BY place
            """)
        for row in places {
            let patience = Duration.milliseconds(try row.value("timeout", as: Int64.self)) + .milliseconds(500)
            let milliseconds = Int32(clamping: Int64(min(patience, longest ?? patience) / .milliseconds(1)))
            try session.execute("SET LOCAL lock_timeout = \("\(max(1, milliseconds))" as SQLFragment)")
            let place: String = try row.value("place")
            try session.execute("LOCK TABLE \(ServerText(catalog: place)) IN SHARE UPDATE EXCLUSIVE MODE")
        }
    }
}
