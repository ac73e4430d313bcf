// What `dbctl pool` says beside the reasons for which a server lets nobody in.

extension FailureCatalogue {
    static let triage: [Entry] = [
        Entry(
            "pool.short", .unavailable,
            "Connections run short: more of the ordinary slots are taken than the threshold allows.",
            causes: [
                "An application leaks connections, or its pools add up to more than max_connections.",
                "A lock pile-up or sessions idle in transaction hold the slots.",
                "A limit of a role or of a database is nearly reached; the message names it.",
            ],
            next: [
                "`dbctl pool doctor` says who holds them, why, and what to type next.",
                "The thresholds are --warning and --critical, or pool.warning and pool.critical in dbctl.yaml.",
            ]
        ),
        Entry(
            "pool.hidden", .authentication,
            "The role may not see what other users' sessions do, so that nobody can say that all is well.",
            causes: [
                "It is no member of pg_monitor (or pg_read_all_stats): states, ages and statements are hidden from it."
            ],
            next: ["As a superuser: `GRANT pg_monitor TO ROLE`. It takes effect at once."]
        ),
        Entry(
            "pool.no_console", .configuration,
            "pgbouncer's console was to be asked where there is none; or it was found where a server was to be.",
            causes: [
                "pool.pgbouncer is not set, and the connection leads to no pgbouncer.",
                "Its URL names another database than `pgbouncer`, or the connection's names that one.",
            ],
            next: [
                "Set `pool.pgbouncer: postgresql://admin@host:6432/pgbouncer` in dbctl.yaml.",
                "The user has to be in admin_users or stats_users of pgbouncer.ini.",
            ]
        ),
        Entry(
            "pool.bench_direct", .configuration,
            "The load test was to run through a pooler in transaction mode.",
            causes: ["The connection leads to pgbouncer, and the target has no direct_url."],
            next: [
                "Add `direct_url` to the target in dbctl.yaml: host and port of the server itself.",
                "Its sessions are kept from writing by settings of their own, which a pooler gives to nobody.",
            ]
        ),
        Entry(
            "kill.too_many", .guarded,
            "More sessions would be ended than --max allows. Nobody was ended.",
            causes: ["The selection is wider than it was meant to be.", "There really are so many."],
            next: [
                "Look at them: the same command without --yes.",
                "Raise --max when they are all meant, or name an --app.",
            ]
        ),
        Entry(
            "kill.protected", .guarded,
            "Whoever was meant is never ended by dbctl. Nobody was ended.",
            causes: [
                "A walsender feeds a standby, a subscriber or a backup.",
                "Autovacuum comes back at once, and may be keeping wraparound away.",
                "A superuser's session is somebody at work.",
                "A prepared transaction has no process.",
            ],
            next: [
                "The message names each with its reason.",
                "As a superuser, and knowing why: `SELECT pg_terminate_backend(pid)`, or `ROLLBACK PREPARED 'gid'`.",
            ]
        ),
        Entry(
            "kill.not_permitted", .authentication,
            "The role may not end those sessions.",
            causes: ["Only the sessions' own role, a member of it, or a member of pg_signal_backend may."],
            next: ["As a superuser: `GRANT pg_signal_backend TO ROLE`, and run the same command again."]
        ),
        Entry(
            "kill.still_there", .partial,
            "Sessions were told to end and are still there after five seconds.",
            causes: [
                "A process in a system call (a disk or a network mount that does not answer) ends when that returns.",
                "A long clean-up: an index build or a large sort gives its files back first.",
            ],
            next: [
                "Run the same command again in a moment.",
                "Never kill -9 a server process: the server then ends all sessions and recovers.",
            ]
        ),
    ]
}
