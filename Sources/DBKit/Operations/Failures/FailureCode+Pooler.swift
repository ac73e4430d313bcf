import Postgres

extension FailureCode {
    /// What pgbouncer said in the server's place, or nil.
    ///
    /// Before 1.20 it gives 08P01 for nearly everything, later the server's own SQLSTATEs: only its texts tell that it
    /// was the pooler, and they are never translated. They are looked at only where a connection ended, so that no
    /// text from inside a database can be taken for one of them.
    static func pooler(_ error: PostgresError) -> FailureCode? {
        guard let state = error.sqlState, poolerClasses.contains(state.classCode) else { return nil }
        let text = error.message
        if let exact = poolerWhole[text] { return exact }
        return poolerParts.first { text.contains($0.text) }?.code
    }

    /// All that its texts can mean.
    static var poolers: [FailureCode] { poolerParts.map(\.code) + poolerWhole.values.sorted { $0.name < $1.name } }

    private static let poolerClasses: Set<String> = ["08", "28", "3D", "53", "57", "58"]

    /// Whole messages: PostgreSQL's own begin with the same words and go on.
    private static let poolerWhole: [String: FailureCode] = [
        "auth failed": .poolerAuth,
        "password authentication failed": .poolerAuth,
        "\"trust\" authentication failed": .poolerAuth,
        "PAM authentication failed": .poolerAuth,
        "LDAP authentication failed": .poolerAuth,
        "certificate authentication failed": .tlsClientCertificate,
        "not allowed": .poolerAuth,
        "login rejected": .poolerAuth,
        "unix socket login rejected": .poolerAuth,
        "SSL required": .tlsRequired,
        "TLS connection required": .tlsRequired,
        "query timeout": .poolerTimeout,
        "idle transaction timeout": .poolerTimeout,
        "connect failed": .poolerServerLogin,
        "connect timeout": .poolerServerLogin,
    ]

    private static let poolerParts: [(text: String, code: FailureCode)] = [
        // The server's own words, passed on without its SQLSTATE.
        ("sorry, too many clients already", .slotsAll),
        ("remaining connection slots are reserved", .slotsOrdinary),
        ("no such user", .poolerAuth),
        ("SASL authentication failed", .poolerAuth),
        ("TLS client certificate required", .tlsClientCertificate),
        ("TLS certificate name mismatch", .tlsClientCertificate),
        ("no such database", .poolerNoDatabase),
        ("no more connections allowed", .poolerMaxClientConn),
        ("client connections exceeded", .poolerMaxClientConn),
        ("max_client_conn", .poolerMaxClientConn),
        ("max_db_client_connections", .poolerMaxClientConn),
        ("max_user_client_connections", .poolerMaxClientConn),
        ("query_wait_timeout", .poolerQueryWaitTimeout),
        ("unsupported startup parameter", .poolerStartupParameter),
        ("unsupported options startup parameter", .poolerStartupParameter),
        ("database does not allow connections", .poolerDisabled),
        ("\" is disabled", .poolerDisabled),
        ("pgbouncer is shutting down", .poolerDisabled),
        ("database removed", .poolerDisabled),
        ("server login", .poolerServerLogin),
        ("client_login_timeout (server down)", .poolerServerLogin),
        ("server_login_retry", .poolerServerLogin),
        ("pgbouncer cannot connect to server", .poolerServerLogin),
        ("cannot connect to server", .poolerServerLogin),
        ("server conn crashed", .poolerServerLogin),
        ("server DNS lookup failed", .poolerServerLogin),
        ("client_login_timeout", .poolerTimeout),
        ("client_idle_timeout", .poolerTimeout),
        ("idle_transaction_timeout", .poolerTimeout),
        ("query_timeout", .poolerTimeout),
    ]
}
