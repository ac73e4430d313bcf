import DBKit

/// From the resolved server to an open connection.
extension Context {
    /// - Parameter direct: Past the pooler, by the target's `direct_url` where it has one.
    func connectionParameters(direct: Bool = false) throws(Failure) -> ConnectionParameters {
        try server(direct: direct).parameters
    }

    /// A remedy that names this run's role and database.
    func naming(_ failure: Failure) -> Failure {
        guard let options = try? connectionParameters(direct: true).resolved() else { return failure }
        func value(_ keyword: String) -> String { options.first { $0.keyword == keyword }?.value ?? "" }
        return failure.naming(user: value("user"), database: value("dbname"))
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
        let service = try serviceParts(environment: environment)
        var parts: [Part] = []
        var values: [String: String] = [:]
        for resolved in try parameters.resolved() {
            let said = origin(of: resolved.keyword, environment: environment, service: service)
            guard let value = said?.value ?? resolved.value, !value.isEmpty else { continue }
            values[resolved.keyword] = value
            parts.append(
                Part(
                    keyword: resolved.keyword, value: resolved.isSecret ? "****" : value,
                    origin: said?.origin ?? "libpq default"))
        }
        let file = values["passfile"] ?? environment["HOME"].map { "\($0)/.pgpass" }
        if values["password"] == nil, let line = file.flatMap(PasswordFile({ values[$0] }).origin) {
            parts.append(Part(keyword: "password", value: "****", origin: line))
        }
        return parts
    }

    /// The same connection with the values of its service as keywords of their own, as libpq is going to read them.
    func parametersWithService(environment: [String: String]) throws(PostgresError) -> ConnectionParameters {
        var spelled = parameters
        for part in try serviceParts(environment: environment)
        where origin(of: part.keyword, environment: environment, service: [part])?.origin == part.origin {
            spelled.set(part.keyword, part.value)
        }
        return spelled
    }

    private func serviceParts(environment: [String: String]) throws(PostgresError) -> [Part] {
        guard let name = try parameters.resolved().first(where: { $0.keyword == "service" })?.value, !name.isEmpty
        else { return [] }
        return ServiceFile.parts(of: name, environment: environment)
    }
}
