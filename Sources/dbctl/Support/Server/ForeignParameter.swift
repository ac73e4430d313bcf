/// What the query parameters of other tools' URLs mean to libpq, which refuses every one of them (`?schema=public`
/// alone keeps a Prisma URL from connecting).
enum ForeignParameter {
    enum Meaning: Equatable {
        /// libpq's own; passed on untouched.
        case libpq
        case setting(String, String)
        case ignored(String)
        /// See ``URLSearchPath``.
        case searchPath
    }

    static func meaning(of name: String, value: String) -> Meaning {
        switch name {
        case "schema", "currentSchema", "search_path": .searchPath
        case "sslaccept": value == "strict" ? .setting("sslmode", "verify-full") : .setting("sslmode", "require")
        case "ssl": ssl(value)
        case "sslmode" where value == "no-verify": .setting("sslmode", "require")
        case "ApplicationName": .ignored("dbctl names its own sessions")
        case _ where poolParameters.contains(name): .ignored("it configures another client's pool")
        case _ where clientParameters.contains(name): .ignored("it configures another client")
        default: .libpq
        }
    }

    /// asyncpg and pg8000 write the mode into `ssl`, JDBC and node-postgres a Boolean: theirs verifies.
    private static func ssl(_ value: String) -> Meaning {
        switch value {
        case "true", "1": .setting("sslmode", "verify-full")
        case "false", "0": .setting("sslmode", "prefer")
        case "disable", "allow", "prefer", "require", "verify-ca", "verify-full": .setting("sslmode", value)
        default: .ignored("its value is not known")
        }
    }

    private static let poolParameters: Set<String> = [
        "connection_limit", "pool_timeout", "pool", "pool_size", "max_overflow", "pool_max_conns", "pool_min_conns",
        "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_health_check_period", "checkout_timeout",
        "reaping_frequency", "pool_recycle", "pool_pre_ping", "max_connections", "min_connections",
    ]

    private static let clientParameters: Set<String> = [
        "pgbouncer", "socket_timeout", "statement_cache_size", "statement_cache_capacity", "default_query_exec_mode",
        "prepared_statements", "prepareThreshold", "prepared_statement_cache_size", "encoding", "timeout",
        "async_fallback", "sslidentity", "uselibpqcompat", "reWriteBatchedInserts", "serverVersion", "charset",
    ]
}
