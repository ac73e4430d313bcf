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
        case "28P01": return .authPassword
        case "28000": return invalidAuthorization(error)
        case "3D000": return .databaseMissing
        // Of a walsender, which is told so before it is asked for a database.
        case "42501": return error.routine == "InitPostgres" ? .authNoReplication : .databaseNoConnect
        case "55000": return .databaseNotAccepting
        default: return state.classCode == "28" ? .authRefused : statement(error)
        }
    }

    /// 28000 is a dozen reasons. `pg_hba.conf` is in the text in every language; the rest is English or unknown.
    private static func invalidAuthorization(_ error: PostgresError) -> FailureCode {
        let text = error.message
        if error.connectCause == .encryptionRequired { return .tlsRequired }
        if text.contains("pg_hba.conf") {
            return text.contains("pg_hba.conf rejects") ? .authHBAReject : .authHBAMissing
        }
        if text.contains("valid client certificate") || text.contains("certificate authentication failed") {
            return .tlsClientCertificate
        }
        if text.contains("not permitted to log in") { return .authNoLogin }
        if text.contains("does not exist") { return .authRoleMissing }
        let byPassword = ["LDAP", "PAM", "RADIUS", "BSD"]
        if byPassword.contains(where: { text.hasPrefix("\($0) authentication failed") }) { return .authPassword }
        if text.contains("authentication failed") { return .authMethod }
        // Only after the password does the server look the role up; in another language this place is all that is told.
        return error.routine == "InitializeSessionUserId" ? .authNoLogin : .authRefused
    }
}
