import DBKit

/// From the resolved server to an open connection.
extension Context {
    /// - Parameter direct: Past the pooler, by the target's `direct_url` where it has one.
    func connectionParameters(direct: Bool = false) throws(Failure) -> ConnectionParameters {
        try server(direct: direct).parameters
    }

    /// This run's name and timeouts, for ``Connection/open(_:settings:timeout:)``.
    func sessionSettings() throws(Failure) -> SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.lockTimeout = try lockTimeout()
        settings.statementTimeout = try statementTimeout()
        return settings
    }

    /// A connection for this run, closed on every way out.
    func withConnection<T: Sendable>(
        direct: Bool = false, _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await Connection.with(connectionParameters(direct: direct), settings: sessionSettings(), body)
    }
}

extension ResolvedServer {
    /// libpq's rules on top of the resolution: the URL first, explicit keywords after it.
    var parameters: ConnectionParameters {
        var parameters = ConnectionParameters(url: url?.text)
        for part in settings { parameters.set(part.keyword, part.value) }
        return parameters
    }

    /// Every keyword that libpq will use with a value, its origin beside it, secrets masked.
    func parts(environment: [String: String]) throws(PostgresError) -> [Part] {
        try parameters.resolved().compactMap { resolved -> Part? in
            guard let value = resolved.value, !value.isEmpty else { return nil }
            return Part(
                keyword: resolved.keyword,
                value: resolved.isSecret ? "****" : value,
                origin: origin(of: resolved.keyword, environment: environment) ?? "libpq default")
        }
    }
}
