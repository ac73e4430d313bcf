// "Too many clients": five different limits behind one SQLSTATE, 53300.

extension FailureCode {
    public static let slotsAll = FailureCode("slots.all", .unavailable)
    public static let slotsOrdinary = FailureCode("slots.ordinary", .unavailable)
    public static let slotsRole = FailureCode("slots.role", .unavailable)
    public static let slotsDatabase = FailureCode("slots.database", .unavailable)
    public static let slotsWalsender = FailureCode("slots.walsender", .unavailable)
}

extension FailureCatalogue {
    static let slots: [Entry] = [
        Entry(
            .slotsAll,
            "Every connection slot of the server is taken, those reserved for superusers included.",
            causes: [
                "An application leaks connections, or its pools add up to more than max_connections.",
                "A lock pile-up: every request waits, and each waits on a connection of its own.",
                "A login storm after a deploy or an outage.",
            ],
            next: [
                "Not even a superuser gets in. A role with REPLICATION still does: "
                    + "`psql 'dbname=DB replication=database'` draws on max_wal_senders and runs simple SQL, "
                    + "`SELECT pg_terminate_backend(pid)` included (pg_monitor and pg_signal_backend help).",
                "On the server without any login: `ps -eo pid,lstart,cmd | grep 'postgres:'` shows user, database, "
                    + "client and state of each; `kill PID` (SIGTERM, never -9) ends one backend cleanly.",
                "Stop the application instances that hold most; their pools give the slots back.",
                "Do not simply raise max_connections: it needs a restart and moves the wall. A pooler does not.",
            ]
        ),
        Entry(
            .slotsOrdinary,
            "All slots for ordinary roles are taken; those reserved for superusers are still free.",
            causes: [
                "An application leaks connections, or its pools add up to more than max_connections.",
                "A lock pile-up or sessions idle in transaction hold the slots.",
            ],
            next: [
                "Come in as superuser (`sudo -u postgres psql` on the server) or, on 16+, as a role with "
                    + "pg_use_reserved_connections.",
                "`SELECT application_name, usename, state, count(*), max(now() - state_change) FROM pg_stat_activity "
                    + "WHERE backend_type = 'client backend' GROUP BY 1, 2, 3 ORDER BY 4 DESC` names the holder.",
                "Free some: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in "
                    + "transaction' AND state_change < now() - interval '5 min'`.",
            ]
        ),
        Entry(
            .slotsRole,
            "The role's own CONNECTION LIMIT is reached; the server has room.",
            causes: ["Several instances or jobs share the role and their pools add up to more than its limit."],
            next: [
                "`SELECT application_name, client_addr, state, count(*) FROM pg_stat_activity WHERE usename = 'ROLE' "
                    + "GROUP BY 1, 2, 3 ORDER BY 4 DESC` shows who holds them.",
                "`ALTER ROLE ROLE CONNECTION LIMIT N` takes effect at once (-1 is none).",
            ]
        ),
        Entry(
            .slotsDatabase,
            "The database's own CONNECTION LIMIT is reached; the server has room.",
            causes: ["The pools of all applications on this database add up to more than its limit."],
            next: [
                "`SELECT usename, application_name, state, count(*) FROM pg_stat_activity WHERE datname = 'DB' "
                    + "GROUP BY 1, 2, 3 ORDER BY 4 DESC` from another database.",
                "`ALTER DATABASE NAME CONNECTION LIMIT N` takes effect at once (-1 is none); superusers are exempt.",
            ]
        ),
        Entry(
            .slotsWalsender,
            "All replication connections (max_wal_senders) are taken.",
            causes: [
                "Standbys, pg_basebackup and change-data-capture consumers use them all.",
                "Dead standbys whose connections have not timed out yet (wal_sender_timeout).",
            ],
            next: [
                "`SELECT pid, application_name, client_addr, state, reply_time FROM pg_stat_replication` shows who.",
                "Terminate what is dead (`SELECT pg_terminate_backend(pid)`); max_wal_senders needs a restart.",
            ]
        ),
    ]
}
