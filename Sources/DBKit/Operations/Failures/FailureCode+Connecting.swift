import Postgres

extension FailureCode {
    /// Why no session came about.
    ///
    /// libpq's own texts are never translated here: that needs setlocale(3), which no program of ours calls.
    static func connecting(_ error: PostgresError, _ phase: PostgresError.ConnectPhase) -> FailureCode {
        if let state = error.sqlState { return refused(error, state) }
        if let cause = error.connectCause { return FailureCode(cause) }
        if error.isTimeout { return timedOut(phase) }
        if error.needsPassword { return .authNoPassword }
        switch phase {
        case .parameters: return clientSide(error.message) ?? .connectParameters
        case .nameResolution: return .connectDNS
        case .network: return clientSide(error.message) ?? network(error.message)
        case .tls, .startup: return clientSide(error.message) ?? .connectLost
        }
    }

    private init(_ cause: PostgresError.ConnectCause) {
        self =
            switch cause {
            case .certificateUntrusted: .tlsCA
            case .certificateExpired: .tlsExpired
            case .certificateName: .tlsHostname
            case .encryptionRequired: .tlsRequired
            case .serverVersion: .serverVersion
            }
    }

    private static func timedOut(_ phase: PostgresError.ConnectPhase) -> FailureCode {
        switch phase {
        case .nameResolution: .connectDNS
        case .parameters, .network: .connectTimeout
        // The machine took the connection and then said nothing.
        case .tls, .startup: .connectHang
        }
    }

    /// libpq gives the operating system's reason only as text.
    private static func network(_ text: String) -> FailureCode {
        let isSocket = text.contains("on socket \"")
        if text.contains("could not translate host name") { return .connectDNS }
        if text.contains("Connection refused") { return .connectRefused }
        if isSocket, text.contains("No such file or directory") { return .connectNoSocket }
        if text.contains("timeout expired") || text.contains("Connection timed out") { return .connectTimeout }
        let unreachable = ["No route to host", "Network is unreachable", "Permission denied", "Host is down"]
        if unreachable.contains(where: text.contains) { return .connectUnreachable }
        return .connectLost
    }

    /// What libpq refuses by itself, after or before a word from the server.
    private static func clientSide(_ text: String) -> FailureCode? {
        clientTexts.first { text.contains($0.text) }?.code
    }

    private static let clientTexts: [(text: String, code: FailureCode)] = [
        ("no password supplied", .authNoPassword),
        ("server does not support SSL, but SSL was required", .tlsRequired),
        ("does not match host name", .tlsHostname),
        ("host name must be specified for a verified SSL connection", .tlsHostname),
        ("root certificate file", .tlsNoRoot),
        ("could not get home directory to locate root certificate file", .tlsNoRoot),
        ("sslrootcert", .tlsNoRoot),
        ("certificate has expired", .tlsExpired),
        ("certificate is not yet valid", .tlsExpired),
        // The server's complaints about our certificate arrive as TLS alerts.
        ("certificate required", .tlsClientCertificate),
        ("alert unknown ca", .tlsClientCertificate),
        ("alert bad certificate", .tlsClientCertificate),
        ("alert certificate", .tlsClientCertificate),
        ("alert decrypt error", .tlsClientCertificate),
        ("private key file", .tlsClientCertificate),
        ("certificate file", .tlsClientCertificate),
        ("certificate verify failed", .tlsCA),
        ("session is read-only", .serverReadOnly),
        ("server is in hot standby mode", .serverReadOnly),
        ("session is not read-only", .serverReadWrite),
        ("server is not in hot standby mode", .serverReadWrite),
        ("channel binding", .authMethod),
        ("authentication method", .authMethod),
        ("authentication mechanisms", .authMethod),
        ("could not verify server signature", .authMethod),
        ("timeout expired", .connectHang),
        ("SSL error", .tlsHandshake),
        ("could not initialize SSL", .tlsHandshake),
    ]

    /// The server (or a pooler in its place) said no, with an SQLSTATE.
    private static func refused(_ error: PostgresError, _ state: SQLState) -> FailureCode {
        if let code = pooler(error) { return code }
        switch state.code {
        case "28000": return invalidAuthorization(error)
        // Of a walsender, which is told so before it is asked for a database.
        case "42501" where error.routine == "InitPostgres": return .authNoReplication
        default: return doors[state.code] ?? statement(error)
        }
    }

    /// What means something else at the door than in a statement.
    private static let doors: [String: FailureCode] = ["42501": .databaseNoConnect, "55000": .databaseNotAccepting]

    /// What an SQLSTATE can become when it is the answer to a login and means something else then.
    static func refusals(_ state: SQLState) -> [FailureCode] {
        switch state.code {
        case "08P01": poolers
        case "28000": authorizations.map(\.code) + [.authPassword, .tlsRequired, .authRefused]
        case "42501": [.databaseNoConnect, .authNoReplication]
        default: doors[state.code].map { [$0] } ?? []
        }
    }

    /// 28000 is a dozen reasons. `pg_hba.conf` is in the text in every language; the rest is English or unknown.
    private static func invalidAuthorization(_ error: PostgresError) -> FailureCode {
        if error.connectCause == .encryptionRequired { return .tlsRequired }
        let byPassword = ["LDAP", "PAM", "RADIUS", "BSD"]
        if byPassword.contains(where: { error.message.hasPrefix("\($0) authentication failed") }) {
            return .authPassword
        }
        if let known = authorizations.first(where: { error.message.contains($0.text) }) { return known.code }
        // Only after the password does the server look the role up; in another language this place is all that is told.
        return error.routine == "InitializeSessionUserId" ? .authNoLogin : .authRefused
    }

    private static let authorizations: [(text: String, code: FailureCode)] = [
        ("pg_hba.conf rejects", .authHBAReject),
        ("pg_hba.conf", .authHBAMissing),
        ("valid client certificate", .tlsClientCertificate),
        ("certificate authentication failed", .tlsClientCertificate),
        ("not permitted to log in", .authNoLogin),
        ("does not exist", .authRoleMissing),
        ("authentication failed", .authMethod),
    ]
}
