// From an error of the server, of a pooler or of libpq to its stable code: pure, case by case, P3.

import Operations
import Postgres
import Testing

@Suite struct FailureClassificationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var code: String
        var state: String?
        var phase = PostgresError.ConnectPhase.startup
        var text: String
        var routine: String?
        var testDescription: String { "\(code): \(text)" }

        var failure: Failure {
            var error = PostgresError(.connect(phase), text, sqlState: state.map { SQLState($0) })
            error.routine = routine
            return Failure(error)
        }
    }

    private static let refusals: [Case] = [
        Case(code: "auth.password", state: "28P01", text: #"password authentication failed for user "app""#),
        Case(code: "auth.nologin", state: "28000", text: #"role "app" is not permitted to log in"#),
        Case(code: "auth.role_missing", state: "28000", text: #"role "app" does not exist"#),
        Case(code: "auth.method", state: "28000", text: #"Peer authentication failed for user "app""#),
        Case(code: "auth.password", state: "28000", text: #"LDAP authentication failed for user "app""#),
        Case(
            code: "auth.hba_reject", state: "28000",
            text: #"pg_hba.conf rejects connection for host "10.0.0.9", user "app", database "app", no encryption"#),
        Case(
            code: "auth.hba_missing", state: "28000",
            text: #"no pg_hba.conf entry for host "10.0.0.9", user "app", database "app", SSL encryption"#),
        Case(
            code: "auth.hba_missing", state: "28000",
            text: #"no pg_hba.conf entry for replication connection from host "10.0.0.9", user "app", no encryption"#),
        Case(code: "tls.client_certificate", state: "28000", text: "connection requires a valid client certificate"),
        Case(
            code: "tls.client_certificate", state: "28000", text: #"certificate authentication failed for user "app""#),
        Case(code: "db.missing", state: "3D000", text: #"database "app" does not exist"#),
        Case(code: "db.no_connect", state: "42501", text: #"permission denied for database "app""#),
        Case(code: "db.not_accepting", state: "55000", text: #"database "app" is not currently accepting connections"#),
        Case(code: "db.not_accepting", state: "55000", text: #"cannot connect to invalid database "app""#),
        Case(code: "slots.all", state: "53300", text: "sorry, too many clients already"),
        Case(
            code: "slots.ordinary", state: "53300",
            text: "remaining connection slots are reserved for non-replication superuser connections"),
        Case(
            code: "slots.ordinary", state: "53300",
            text: "remaining connection slots are reserved for roles with the SUPERUSER attribute"),
        Case(code: "slots.role", state: "53300", text: #"too many connections for role "app""#),
        Case(code: "slots.database", state: "53300", text: #"too many connections for database "app""#),
        Case(
            code: "slots.walsender", state: "53300",
            text: "number of requested standby connections exceeds max_wal_senders (currently 2)"),
        Case(code: "server.starting", state: "57P03", text: "the database system is starting up"),
        Case(code: "server.starting", state: "57P03", text: "the database system is not yet accepting connections"),
        Case(code: "server.stopping", state: "57P03", text: "the database system is shutting down"),
        Case(code: "server.recovery", state: "57P03", text: "the database system is in recovery mode"),
        Case(code: "server.no_hot_standby", state: "57P03", text: "the database system is not accepting connections"),
        Case(code: "session.terminated", state: "57P01", text: "terminating connection due to administrator command"),
    ]

    @Test("what the server says at the door has its own code", arguments: refusals)
    func refusal(_ one: Case) {
        let failure = one.failure
        #expect(failure.code.name == one.code)
        #expect(failure.sqlState == one.state)
        #expect(failure.hint?.isEmpty == false)
    }

    private static let translated: [Case] = [
        Case(
            code: "slots.all", state: "53300", text: "tut mir leid, schon zu viele Verbindungen", routine: "InitProcess"
        ),
        Case(code: "slots.ordinary", state: "53300", text: "die verbleibenden …", routine: "InitPostgres"),
        Case(code: "slots.role", state: "53300", text: "zu viele …", routine: "InitializeSessionUserId"),
        Case(code: "slots.database", state: "53300", text: "zu viele …", routine: "CheckMyDatabase"),
        Case(code: "slots.walsender", state: "53300", text: "… max_wal_senders (aktuell 2)", routine: "InitProcess"),
        Case(code: "auth.nologin", state: "28000", text: "Rolle »app« hat keine …", routine: "InitializeSessionUserId"),
        Case(code: "auth.hba_missing", state: "28000", text: "kein pg_hba.conf-Eintrag für Host »10.0.0.9« …"),
        Case(code: "auth.refused", state: "28000", text: "etwas anderes"),
        Case(code: "server.starting", state: "57P03", text: "das Datenbanksystem startet"),
    ]

    @Test(
        "a server that speaks another language is told by SQLSTATE, function and setting names", arguments: translated)
    func translatedRefusal(_ one: Case) {
        #expect(one.failure.code.name == one.code)
    }

    private static let clientSide: [Case] = [
        Case(
            code: "connect.refused", phase: .network,
            text: #"connection to server at "127.0.0.1", port 1 failed: Connection refused"#),
        Case(
            code: "connect.dns", phase: .nameResolution,
            text: #"could not translate host name "nowhere" to address: Name or service not known"#),
        Case(
            code: "connect.no_socket", phase: .network,
            text: #"connection to server on socket "/x/.s.PGSQL.5432" failed: No such file or directory"#),
        Case(
            code: "connect.refused", phase: .network,
            text: #"connection to server on socket "/x/.s.PGSQL.5432" failed: Connection refused"#),
        Case(
            code: "connect.unreachable", phase: .network,
            text: #"connection to server at "10.9.9.9", port 5432 failed: No route to host"#),
        Case(
            code: "connect.timeout", phase: .network,
            text: #"connection to server at "10.9.9.9", port 5432 failed: Connection timed out"#),
        Case(code: "connect.lost", phase: .startup, text: "server closed the connection unexpectedly"),
        Case(code: "connect.parameters", phase: .parameters, text: #"invalid port number: "x""#),
        Case(code: "auth.no_password", phase: .startup, text: "fe_sendauth: no password supplied"),
        Case(code: "tls.required", phase: .tls, text: "server does not support SSL, but SSL was required"),
        Case(code: "tls.ca", phase: .tls, text: "SSL error: certificate verify failed"),
        Case(
            code: "tls.hostname", phase: .tls,
            text: #"server certificate for "db" (and 1 other name) does not match host name "10.0.0.1""#),
        Case(code: "tls.no_root", phase: .tls, text: #"root certificate file "/x.crt" does not exist"#),
        Case(
            code: "tls.client_certificate", phase: .tls,
            text: #"private key file "/k" has group or world access; file must have permissions u=rw (0600)"#),
        Case(code: "tls.client_certificate", phase: .tls, text: "SSL error: tlsv1 alert unknown ca"),
        Case(code: "tls.client_certificate", phase: .startup, text: "SSL error: tlsv13 alert certificate required"),
        Case(code: "tls.handshake", phase: .tls, text: "SSL error: unsupported protocol"),
        Case(code: "server.read_only", phase: .startup, text: "session is read-only"),
        Case(code: "server.read_only", phase: .startup, text: "server is in hot standby mode"),
        Case(code: "server.read_write", phase: .startup, text: "session is not read-only"),
        Case(code: "server.read_write", phase: .startup, text: "server is not in hot standby mode"),
        Case(
            code: "auth.method", phase: .startup,
            text: "channel binding required, but SSL not in use"),
    ]

    /// Those that come with an SQLSTATE, and from no pooler.
    static let ofTheServer = refusals + translated

    @Test("what libpq refuses by itself has its own code and no SQLSTATE", arguments: clientSide)
    func clientRefusal(_ one: Case) {
        #expect(one.failure.code.name == one.code)
        #expect(one.failure.sqlState == nil)
    }

    private static let pooler: [Case] = [
        Case(code: "pooler.auth", state: "08P01", text: "no such user: app"),
        Case(code: "pooler.auth", state: "08P01", text: "SASL authentication failed"),
        Case(code: "pooler.auth", state: "28P01", text: "password authentication failed"),
        Case(code: "pooler.auth", state: "08P01", text: "auth failed"),
        Case(code: "pooler.no_database", state: "08P01", text: "no such database: app"),
        Case(code: "pooler.no_database", state: "3D000", text: "no such database: app"),
        Case(code: "pooler.max_client_conn", state: "08P01", text: "no more connections allowed (max_client_conn)"),
        Case(code: "pooler.max_client_conn", state: "53300", text: "no more connections allowed (max_client_conn)"),
        Case(code: "pooler.query_wait_timeout", state: "08P01", text: "query_wait_timeout"),
        Case(code: "pooler.startup_parameter", state: "08P01", text: "unsupported startup parameter: search_path"),
        Case(
            code: "pooler.startup_parameter", state: "08P01",
            text: "unsupported startup parameter in options: statement_timeout"),
        Case(code: "pooler.disabled", state: "08P01", text: #"database "app" is disabled"#),
        Case(
            code: "pooler.server_login", state: "08P01",
            text: "server login has been failing, try again later (server_login_retry)"),
        Case(code: "pooler.server_login", state: "08P01", text: "server login failed: FATAL password …"),
        Case(code: "pooler.server_login", state: "08P01", text: "client_login_timeout (server down)"),
        Case(code: "pooler.timeout", state: "08P01", text: "client_idle_timeout"),
        Case(code: "tls.required", state: "08P01", text: "SSL required"),
        // What the server refused the pooler with, passed on by 1.18.
        Case(
            code: "pooler.server_login", state: "08P01", text: #"password authentication failed for user "scr""#),
        Case(code: "db.missing", state: "08P01", text: #"database "notthere" does not exist"#),
        Case(code: "auth.role_missing", state: "08P01", text: #"role "gone" does not exist"#),
        Case(code: "auth.nologin", state: "08P01", text: #"role "nologr" is not permitted to log in"#),
        Case(
            code: "auth.hba_reject", state: "08P01",
            text: #"pg_hba.conf rejects connection for host "127.0.0.1", user "a", database "b", no encryption"#),
        Case(
            code: "auth.hba_missing", state: "08P01",
            text: #"no pg_hba.conf entry for host "127.0.0.1", user "a", database "b", no encryption"#),
        Case(code: "db.no_connect", state: "08P01", text: #"permission denied for database "priv""#),
        Case(
            code: "db.not_accepting", state: "08P01",
            text: #"database "template0" is not currently accepting connections"#),
        Case(code: "slots.role", state: "08P01", text: #"too many connections for role "app""#),
        Case(code: "slots.database", state: "08P01", text: #"too many connections for database "app""#),
        Case(code: "server.starting", state: "08P01", text: "the database system is starting up"),
        Case(code: "server.stopping", state: "08P01", text: "the database system is shutting down"),
        // The server's own word, by its SQLSTATE.
        Case(code: "auth.password", state: "28P01", text: #"password authentication failed for user "scr""#),
    ]

    @Test("what pgbouncer says in the server's place has its own code", arguments: pooler)
    func poolerRefusal(_ one: Case) {
        #expect(one.failure.code.name == one.code)
    }

    @Test("a pooler that ends a session in use is told apart from the server")
    func poolerEnd() {
        let timeout = PostgresError(.connectionLost, "query_wait_timeout", sqlState: SQLState("08P01"))
        #expect(Failure(timeout).code == .poolerQueryWaitTimeout)
        let lost = PostgresError(.connectionLost, "server closed the connection unexpectedly")
        #expect(Failure(lost).code == .connectLost)
    }

    @Test("a text from inside a database is never taken for one of a pooler's")
    func poolerTextsInStatements() {
        let raised = PostgresError(.server, "query_wait_timeout", sqlState: SQLState("P0001"))
        #expect(Failure(raised).code == .statementRaised)
        let fdw = PostgresError(.server, "no such database: app", sqlState: SQLState("08001"))
        #expect(Failure(fdw).code == .connectLost)
    }

    private static let timeouts: [(PostgresError.ConnectPhase, FailureCode)] = [
        (.nameResolution, .connectDNS), (.network, .connectTimeout), (.tls, .connectHang), (.startup, .connectHang),
    ]

    @Test("a deadline that passes is a different trouble on every rung", arguments: timeouts)
    func deadline(_ phase: PostgresError.ConnectPhase, _ code: FailureCode) {
        var error = PostgresError(.connect(phase), "no session after 5 seconds")
        error.isTimeout = true
        #expect(Failure(error).code == code)
    }

    private static let causes: [(PostgresError.ConnectCause, FailureCode)] = [
        (.certificateExpired, .tlsExpired), (.certificateUntrusted, .tlsCA), (.certificateName, .tlsHostname),
    ]

    @Test("what a second look found out about a certificate wins over libpq's one text for all", arguments: causes)
    func certificateCause(_ cause: PostgresError.ConnectCause, _ code: FailureCode) {
        var error = PostgresError(.connect(.tls), "SSL error: certificate verify failed")
        error.connectCause = cause
        #expect(Failure(error).code == code)
    }

    private static let statements: [(String, FailureCode, Failure.Category)] = [
        ("42601", .statementSyntax, .refused), ("42P01", .statementUndefined, .refused),
        ("42P07", .statementDuplicate, .refused), ("42501", .permissionDenied, .authentication),
        ("23505", .statementConstraint, .refused), ("22012", .statementValue, .refused),
        ("22P04", .dataFormat, .data), ("22021", .dataFormat, .data), ("0A000", .statementUnsupported, .refused),
        ("25006", .serverReadOnly, .unavailable), ("25P02", .statementTransaction, .refused),
        ("25P03", .sessionIdleTimeout, .unavailable), ("25P04", .sessionIdleTimeout, .unavailable),
        ("26000", .poolerPreparedStatement, .refused), ("42P05", .poolerPreparedStatement, .refused),
        ("40001", .statementSerialization, .busy), ("40P01", .lockDeadlock, .busy),
        ("40003", .commitUnknown, .unavailable),
        ("53100", .serverDiskFull, .cannotCreate), ("53200", .serverMemory, .unavailable),
        ("53300", .slotsAll, .unavailable), ("54000", .statementLimit, .refused), ("55006", .lockInUse, .busy),
        ("55P03", .lockTimeout, .busy), ("55000", .statementPrerequisite, .refused),
        ("57014", .statementCancelled, .refused), ("57P01", .sessionTerminated, .unavailable),
        ("57P02", .sessionCrash, .unavailable), ("57P04", .sessionTerminated, .unavailable),
        ("57P05", .sessionIdleTimeout, .unavailable), ("08006", .connectLost, .unavailable),
        ("58030", .serverIO, .io), ("XX000", .statementInternal, .refused), ("XX001", .serverCorruption, .data),
        ("P0001", .statementRaised, .refused), ("F0000", .serverConfiguration, .configuration),
        ("28000", .authRefused, .authentication), ("ZZ999", .statementRefused, .refused),
    ]

    @Test("an SQLSTATE in a statement decides code and category", arguments: statements)
    func statement(_ state: String, _ code: FailureCode, _ category: Failure.Category) {
        let failure = Failure(PostgresError(.server, "…", sqlState: SQLState(state)))
        #expect(failure.code == code)
        #expect(failure.category == category)
    }

    @Test("a commit whose outcome nobody knows says so, whatever broke the connection")
    func unknownOutcome() {
        var error = PostgresError(.connectionLost, "server closed the connection unexpectedly")
        error.isOutcomeUnknown = true
        #expect(Failure(error).code == .commitUnknown)
    }

    @Test("the failure keeps the server's own hint, says where in the statement, and what was being done")
    func words() {
        var error = PostgresError(
            .server, "column \"x\" does not exist", sqlState: SQLState("42703"), hint: "Perhaps you meant y.")
        error.statement = "SELECT a,\n       x"
        error.position = 18
        let failure = Failure(error, while: "cannot read prices", category: .data)
        #expect(failure.message == "cannot read prices: column \"x\" does not exist")
        #expect(failure.hint == "Perhaps you meant y.")
        #expect(failure.detail == "line 2, column 8 of the statement")
        #expect(failure.category == .data)
    }
}
