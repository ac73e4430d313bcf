import DBKit

/// Where the server is: the first of `--database-url`, `--target`, `DBCTL_DATABASE_URL`, `DATABASE_URL`,
/// `DB_HOST`…, and libpq's own defaults. Pure: the environment is handed in.
struct ServerResolution: Sendable {
    let environment: [String: String]
    let configuration: Configuration

    /// - Parameter direct: the target's `direct_url`, past the pooler, for work that a pooler cannot carry.
    func server(databaseURL: String?, target: String?, direct: Bool = false) throws(Failure) -> ResolvedServer {
        if let databaseURL {
            guard !databaseURL.isEmpty else {
                throw Failure(
                    .usageURL, "--database-url is empty",
                    hint: "an unset variable? give a URL, or leave the option out for the environment's")
            }
            return try fromURL(databaseURL, source: "--database-url", code: .usageURL)
        }
        if let target {
            return try fromTarget(target, direct: direct)
        }
        for variable in ["DBCTL_DATABASE_URL", "DATABASE_URL"] {
            if let url = present(variable) { return try fromURL(url, source: variable) }
        }
        return try fromVariables()
    }

    private func fromURL(
        _ text: String, source: String, settings: [ResolvedServer.Part] = [], code: FailureCode = .connectionURL,
        searchPath: URLSearchPath? = nil
    ) throws(Failure) -> ResolvedServer {
        let url: ConnectionURL
        do throws(SpellingProblem) {
            url = try ConnectionURL(text)
        } catch {
            throw Failure(
                code, "\(source): \(error)",
                hint: "the form is postgresql://user@host:5432/database?sslmode=verify-full")
        }
        var settings = settings
        if let verified = try verification(), !url.keywords.contains("sslmode") { settings.append(verified) }
        return ResolvedServer(
            source: source, url: url, settings: settings, notes: url.notes,
            searchPath: url.searchPath ?? searchPath)
    }

    private func fromTarget(_ name: String, direct: Bool) throws(Failure) -> ResolvedServer {
        let target = try configuration.targets.target(name)
        var url = try target.url()
        var searchPath: URLSearchPath?
        if direct, let past = try target.directURL() {
            // Said once, it is meant for both ways to the same database.
            searchPath = url.flatMap { try? ConnectionURL($0.text).searchPath }
            url = past
        }
        guard let url else {
            throw Failure(
                .configurationMissing, "\(target.place): target \(name) has no url",
                hint: "add url: to targets.\(name)")
        }
        var settings: [ResolvedServer.Part] = []
        if let password = try target.password() {
            settings.append(.init(keyword: "password", value: password.text, origin: password.origin))
        }
        return try fromURL(
            url.text, source: "target \(name) (\(url.origin))", settings: settings, searchPath: searchPath)
    }

    private func fromVariables() throws(Failure) -> ResolvedServer {
        let names = [
            ("DB_HOST", "host"), ("DB_PORT", "port"), ("DB_NAME", "dbname"), ("DB_USER", "user"),
            ("DB_PASSWORD", "password"),
        ]
        var settings: [ResolvedServer.Part] = names.compactMap { variable, keyword in
            present(variable).map { .init(keyword: keyword, value: $0, origin: variable) }
        }
        if let verified = try verification() { settings.append(verified) }
        let source = settings.contains { $0.origin != "DB_SSL" } ? "DB_HOST, DB_PORT, DB_NAME…" : "libpq's own defaults"
        return ResolvedServer(source: source, url: nil, settings: settings, notes: [], searchPath: nil)
    }

    /// `DB_SSL=true` asks for a connection that nobody can listen to, which only verification gives.
    private func verification() throws(Failure) -> ResolvedServer.Part? {
        guard let value = present("DB_SSL") else { return nil }
        switch value.lowercased() {
        case "true", "1", "yes", "on": return .init(keyword: "sslmode", value: "verify-full", origin: "DB_SSL")
        case "false", "0", "no", "off": return nil
        case "disable", "allow", "prefer", "require", "verify-ca", "verify-full":
            return .init(keyword: "sslmode", value: value.lowercased(), origin: "DB_SSL")
        default:
            throw Failure(.connectionURL, "DB_SSL is neither true nor false nor an sslmode", hint: "DB_SSL=true")
        }
    }

    private func present(_ variable: String) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}
