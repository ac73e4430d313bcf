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
        if state.code == passedOnState {
            if let name = missing(text) { return name }
            if let passed = passedOn.first(where: { text.contains($0.text) }) { return passed.code }
        }
        return poolerParts.first { text.contains($0.text) }?.code
    }

    /// All that its texts can mean.
    static var poolers: [FailureCode] {
        poolerParts.map(\.code) + passedOn.map(\.code) + [.databaseMissing, .authRoleMissing]
            + poolerWhole.values.sorted { $0.name < $1.name }
    }

    /// protocol_violation: what a server says of a broken client, and pgbouncer before 1.20 of everything.
    private static let passedOnState = "08P01"

    /// What the server refused the pooler with, in its own words and without its SQLSTATE. English ones: in another
    /// language the pooler's login has failed, and the message says why.
    private static let passedOn: [(text: String, code: FailureCode)] =
        [
            ("too many connections for role", .slotsRole),
            ("too many connections for database", .slotsDatabase),
            // The client's own password was right for the pooler; the one that it has for the server is not.
            ("password authentication failed for user", .poolerServerLogin),
            ("pg_hba.conf rejects", .authHBAReject),
            ("pg_hba.conf", .authHBAMissing),
            ("is not permitted to log in", .authNoLogin),
            ("permission denied for database", .databaseNoConnect),
            ("is not currently accepting connections", .databaseNotAccepting),
            ("is starting up", .serverStarting),
        ] + closedDoors + [("authentication failed for user", .poolerServerLogin)]

    /// `database "x" does not exist`, `role "x" does not exist`: the name may be any text.
    private static func missing(_ text: String) -> FailureCode? {
        guard text.hasSuffix("\" does not exist") else { return nil }
        return text.hasPrefix("database \"") ? .databaseMissing : text.hasPrefix("role \"") ? .authRoleMissing : nil
    }

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
