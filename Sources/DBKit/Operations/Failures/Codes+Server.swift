// The state that the server is in, and sessions that it ended.

extension FailureCode {
    public static let serverStarting = FailureCode("server.starting", .unavailable)
    public static let serverStopping = FailureCode("server.stopping", .unavailable)
    public static let serverRecovery = FailureCode("server.recovery", .unavailable)
    public static let serverNoHotStandby = FailureCode("server.no_hot_standby", .unavailable)
    public static let serverReadOnly = FailureCode("server.read_only", .unavailable)
    public static let serverReadWrite = FailureCode("server.read_write", .unavailable)
    public static let serverDiskFull = FailureCode("server.disk_full", .cannotCreate)
    public static let serverMemory = FailureCode("server.memory", .unavailable)
    public static let serverResources = FailureCode("server.resources", .unavailable)
    public static let serverIO = FailureCode("server.io", .io)
    public static let serverCorruption = FailureCode("server.corruption", .data)
    public static let serverConfiguration = FailureCode("server.configuration", .configuration)
    public static let serverEncoding = FailureCode("server.encoding", .negative)
    public static let serverTimeZone = FailureCode("server.time_zone", .negative)
    public static let serverVersion = FailureCode("server.version", .configuration)
    public static let sessionTerminated = FailureCode("session.terminated", .unavailable)
    public static let sessionCrash = FailureCode("session.crash", .unavailable)
    public static let sessionIdleTimeout = FailureCode("session.idle_timeout", .unavailable)
}

extension FailureCatalogue {
    static let server: [Entry] = [
        Entry(
            .serverEncoding,
            "The database's encoding is not UTF8: it cannot hold every text, or does not know what it holds (SQL_ASCII).",
            causes: [
                "It was made with another encoding or from another template, often in a cluster without a locale."
            ],
            next: [
                "An encoding is for life: `CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0`, filled from a backup."
            ]
        ),
        Entry(
            .serverTimeZone,
            "Sessions get another time zone than UTC: times without a zone mean something else in summer than in winter.",
            causes: ["timezone is set for the role, for the database, or in postgresql.conf, by initdb for instance."],
            next: [
                "`ALTER DATABASE NAME SET timezone = 'UTC'`, once it is known that no application relies on the other one.",
                "A role's own setting wins: `ALTER ROLE NAME RESET timezone`.",
            ]
        ),
        Entry(
            .serverStarting,
            "The server is starting and does not take connections yet (57P03).",
            causes: [
                "It was just started; after an unclean stop it first replays its write-ahead log.",
                "A standby that has not reached a consistent state yet.",
            ],
            next: [
                "Wait and try again; `dbctl check` exits 0 once it is up.",
                "Takes long: the server's log says how far the replay is (log_startup_progress_interval, 15+). Do not "
                    + "kill it: the replay would begin anew.",
            ]
        ),
        Entry(
            .serverStopping,
            "The server is shutting down and takes no new connections (57P03).",
            causes: [
                "Somebody stopped or restarts it; a smart shutdown waits for the sessions that are left."
            ],
            next: [
                "A restart: wait and try again.",
                "Stuck in a smart shutdown: `pg_ctl stop -m fast` ends the remaining sessions cleanly.",
            ]
        ),
        Entry(
            .serverRecovery,
            "The server recovers from a crash of one of its processes (57P03).",
            causes: [
                "A backend was killed (OOM killer, kill -9) or crashed: all sessions ended and the server replays its "
                    + "log."
            ],
            next: [
                "Wait and try again: it usually takes seconds up to a few minutes.",
                "Read the server's log for \"was terminated by signal\": 9 is the OOM killer or kill -9, 11 a crash; "
                    + "`dmesg -T | grep -i oom`.",
            ]
        ),
        Entry(
            .serverNoHotStandby,
            "The server is a standby that takes no connections (hot_standby = off).",
            causes: ["hot_standby is off, or the URL names the standby where the primary was meant."],
            next: [
                "Connect to the primary.",
                "Or set hot_standby = on on the standby and restart it.",
            ]
        ),
        Entry(
            .serverReadOnly,
            "The session can only read, and a writable one was asked for.",
            causes: [
                "The server is a standby: the URL still names the old primary after a failover.",
                "default_transaction_read_only is on for the role or the database.",
                "target_session_attrs=read-write (or primary) found no writable host in the URL.",
            ],
            next: [
                "`SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')`: true is a standby.",
                "List all hosts and let libpq choose: `host=a,b target_session_attrs=read-write`. The primary is gone: "
                    + "runbooks/failover.md.",
            ]
        ),
        Entry(
            .serverReadWrite,
            "A standby or read-only session was asked for, and the server is a writable primary.",
            causes: ["target_session_attrs=read-only or standby, and no host in the URL is a standby."],
            next: [
                "Add the standby's host to the URL, or use target_session_attrs=prefer-standby.",
                "`SELECT pg_is_in_recovery()` on each host tells which is which.",
            ]
        ),
        Entry(
            .serverDiskFull,
            "The server's disk is full (53100).",
            causes: [
                "Data, write-ahead log (a stale replication slot or a failing archive_command keeps it), temporary "
                    + "files or the server's log filled it."
            ],
            next: [
                "On the server: `df -h`, then `du -xsh $PGDATA/*`. Never delete anything in pg_wal by hand.",
                "pg_wal is big: `SELECT slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), "
                    + "restart_lsn)) FROM pg_replication_slots`; drop slots that nobody reads.",
                "Then run the same command again: what it had done was rolled back. Step by step, also when the server is down: "
                    + "runbooks/disk-full.md.",
            ]
        ),
        Entry(
            .serverMemory,
            "The server ran out of memory, or its lock table is full (53200).",
            causes: [
                "\"out of shared memory\" with a hint about max_locks_per_transaction: one transaction touches very "
                    + "many tables or partitions.",
                "work_mem times parallel workers is more than the machine has.",
            ],
            next: [
                "Lock table: raise max_locks_per_transaction (needs a restart), or do fewer tables at once.",
                "Memory: lower work_mem for the role, or hash_mem_multiplier.",
            ]
        ),
        Entry(
            .serverResources,
            "The server lacks a resource for this statement (class 53).",
            causes: ["A limit of the server's configuration or of its operating system was reached."],
            next: ["The message names the resource; the server's log of that moment has more."]
        ),
        Entry(
            .serverIO,
            "The server failed to read or write one of its own files (class 58).",
            causes: ["A failing disk, a vanished mount or tablespace, or wrong permissions below the data folder."],
            next: [
                "On the server: `dmesg -T | tail -50`, `mount`, the server's log.",
                "Before anything else on a failing disk: `dbctl backup create` to another one.",
            ]
        ),
        Entry(
            .serverCorruption,
            "The server found damaged data or a damaged index (XX001, XX002).",
            causes: ["A failing disk or memory, a snapshot copied without its write-ahead log, a kernel or file bug."],
            next: [
                "Stop writing to that table, and copy the whole data folder aside before any repair.",
                "Index: `REINDEX INDEX CONCURRENTLY NAME`. Table: `dbctl backup list` and restore a set "
                    + "beside the database (`dbctl restore --latest --into NAME_restored --create`), to copy the table "
                    + "from there.",
                "`pg_amcheck` finds out how far it goes; check the hardware first.",
            ]
        ),
        Entry(
            .serverConfiguration,
            "The server's configuration does not allow this, or its configuration file is broken (class F0, 53400).",
            causes: ["A limit set in postgresql.conf, or an error in one of the configuration files."],
            next: ["`SELECT * FROM pg_file_settings WHERE error IS NOT NULL`; correct it and reload."]
        ),
        Entry(
            .serverVersion,
            "This server's version is not supported for what was asked.",
            causes: ["dbctl supports PostgreSQL 14 to 18; some features exist only in later ones."],
            next: [
                "The message says which version was found and which are supported.",
                "`dbctl check --explain-url` shows which server that is: an old cluster may still listen beside the "
                    + "new one (`pg_lsclusters`).",
                "PostgreSQL 13 and older get no more fixes: upgrade it; until then its own pg_dump makes the backups.",
            ]
        ),
    ]

    static let session: [Entry] = [
        Entry(
            .sessionTerminated,
            "Somebody ended the session, or the server was stopped while it ran (57P01).",
            causes: [
                "pg_terminate_backend() or `kill` by an administrator or a watchdog.",
                "A fast shutdown or restart, or DROP DATABASE … WITH (FORCE) (57P04).",
                "A standby ended it to go on replaying.",
            ],
            next: [
                "The server's log of that second says which; then run the same command again.",
                "What was not committed is rolled back.",
            ]
        ),
        Entry(
            .sessionCrash,
            "The server ended every session because one of its processes crashed (57P02).",
            causes: ["A backend was killed with -9 (often by the OOM killer) or crashed."],
            next: [
                "Wait for the recovery (seconds up to minutes), then run the same command again: nothing uncommitted is "
                    + "kept.",
                "The server's log for \"was terminated by signal\", `dmesg -T | grep -i oom`.",
            ]
        ),
        Entry(
            .sessionIdleTimeout,
            "The server ended the session because it sat idle or its transaction ran for too long.",
            causes: [
                "idle_session_timeout (57P05), idle_in_transaction_session_timeout (25P03) or transaction_timeout "
                    + "(25P04, 17+) of the server, the role or the database."
            ],
            next: [
                "`SELECT name, setting, source FROM pg_settings WHERE name LIKE '%timeout'` shows which and from "
                    + "where; `ALTER ROLE … RESET NAME`.",
                "dbctl sets these itself in its sessions; through a pooler it cannot, so use the target's direct_url.",
            ]
        ),
    ]
}
