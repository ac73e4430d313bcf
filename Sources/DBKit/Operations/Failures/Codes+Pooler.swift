// What pgbouncer says in the server's place. Before 1.20 most of it comes as 08P01, so that its texts are the only mark.

extension FailureCode {
    public static let poolerAuth = FailureCode("pooler.auth", .authentication)
    public static let poolerNoDatabase = FailureCode("pooler.no_database", .unavailable)
    public static let poolerMaxClientConn = FailureCode("pooler.max_client_conn", .unavailable)
    public static let poolerQueryWaitTimeout = FailureCode("pooler.query_wait_timeout", .unavailable)
    public static let poolerStartupParameter = FailureCode("pooler.startup_parameter", .configuration)
    public static let poolerDisabled = FailureCode("pooler.disabled", .unavailable)
    public static let poolerServerLogin = FailureCode("pooler.server_login", .unavailable)
    public static let poolerPreparedStatement = FailureCode("pooler.prepared_statement", .refused)
    public static let poolerTimeout = FailureCode("pooler.timeout", .unavailable)
}

extension FailureCatalogue {
    static let pooler: [Entry] = [
        Entry(
            .poolerAuth,
            "The pooler, not the server, refused the login.",
            causes: [
                "The user is not in pgbouncer's auth_file, or auth_query does not find it.",
                "The password there is not the one that the server has now (rotated on one side only).",
                "auth_hba_file or client_tls_sslmode of pgbouncer does not admit this client.",
            ],
            next: [
                "Log in to the server directly with the same credentials: if that works, it is the pooler's list.",
                "Update auth_file (SCRAM secret from pg_authid.rolpassword) and `RELOAD` in pgbouncer's console.",
                "pgbouncer's log of that moment has the exact reason.",
            ]
        ),
        Entry(
            .poolerNoDatabase,
            "The pooler has no database of that name.",
            causes: ["No line for it in the [databases] section of pgbouncer.ini, and no `*` line."],
            next: [
                "`SHOW DATABASES` in pgbouncer's console (`psql -p 6432 pgbouncer`) lists what it knows.",
                "Add `NAME = host=… dbname=…` to [databases], then `RELOAD`.",
            ]
        ),
        Entry(
            .poolerMaxClientConn,
            "The pooler takes no more clients (max_client_conn, or a limit per user or database).",
            causes: ["More application connections than max_client_conn; usually a leak or a restart storm."],
            next: [
                "`SHOW CLIENTS` in pgbouncer's console, by user and address: who holds them?",
                "Raise max_client_conn (cheap: about 2 kB each; mind `ulimit -n`) and `RELOAD`.",
            ]
        ),
        Entry(
            .poolerQueryWaitTimeout,
            "The request waited for a server connection at the pooler for longer than query_wait_timeout.",
            causes: [
                "The pool is too small for the load, or long transactions hold its connections.",
                "A lock pile-up on the server.",
                "The pooler cannot log in to the server.",
            ],
            next: [
                "`SHOW POOLS`: cl_waiting and maxwait; sv_active at pool_size means the pool is the limit.",
                "On the server: sessions idle in transaction and waiting for locks in pg_stat_activity.",
                "Only then raise default_pool_size, within the server's max_connections.",
            ]
        ),
        Entry(
            .poolerStartupParameter,
            "The pooler refuses a parameter that the client sends at startup.",
            causes: [
                "`options=-c …` or extra_float_digits in the URL: pgbouncer does not know them (`?search_path=` it never sees)."
            ],
            next: [
                "Take the parameter out of the URL (ALTER ROLE … SET does the same on the server).",
                "Or add it to ignore_startup_parameters in pgbouncer.ini.",
            ]
        ),
        Entry(
            .poolerDisabled,
            "The database is disabled or paused at the pooler, or the pooler is shutting down.",
            causes: ["Somebody ran DISABLE, PAUSE, KILL or SHUTDOWN in pgbouncer's console, often for a switchover."],
            next: [
                "`SHOW DATABASES`: the columns disabled and paused. Ask who did it, then `ENABLE NAME` or "
                    + "`RESUME NAME`."
            ]
        ),
        Entry(
            .poolerServerLogin,
            "The pooler is up, but cannot log in to the server behind it.",
            causes: [
                "The server is down, full or starting.",
                "The password in pgbouncer's auth_file or connection line is not the server's.",
                "The server's pg_hba.conf does not admit the pooler's address.",
            ],
            next: [
                "From the pooler's machine: `dbctl check` with the server's own address and the same user.",
                "pgbouncer's log has the server's message; it tries again every server_login_retry (15 s).",
            ]
        ),
        Entry(
            .poolerPreparedStatement,
            "A prepared statement is missing or already there: a pooler gave the session's server to somebody else.",
            causes: [
                "Transaction pooling with prepared statements by name (26000, 42P05), before pgbouncer 1.21 or with "
                    + "max_prepared_statements = 0."
            ],
            next: [
                "pgbouncer 1.21+: max_prepared_statements = 200. Older: switch them off in the driver "
                    + "(prepareThreshold=0, statement_cache_size=0, pgbouncer=true).",
                "dbctl itself never prepares by name; for work that needs a session use the target's direct_url.",
            ]
        ),
        Entry(
            .poolerTimeout,
            "The pooler ended the connection on one of its own time limits.",
            causes: ["client_idle_timeout, idle_transaction_timeout, query_timeout or client_login_timeout."],
            next: ["`SHOW CONFIG` in pgbouncer's console shows the limits; long jobs use the target's direct_url."]
        ),
    ]
}
