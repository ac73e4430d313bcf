import DBKit

/// Which server a command talks to, and where each part of that answer came from.
struct ResolvedServer: Sendable {
    /// One keyword of the connection with its origin (`DATABASE_URL`, `PGHOST`, `dbctl.yaml:3`).
    struct Part: Sendable, Hashable, Encodable {
        let keyword: String
        let value: String
        let origin: String
    }

    /// For people: `--database-url`, `target prod (dbctl.yaml:3)`, `DATABASE_URL`, `DB_HOST…`, `libpq's defaults`.
    let source: String
    /// What libpq reads first. May hold a password.
    let url: ConnectionURL?
    /// Keywords that win over the URL. May hold a password.
    let settings: [Part]
    /// What was translated or ignored in the URL.
    let notes: [String]
    /// What the URL says of schemas, for the statements of migrations.
    let searchPath: URLSearchPath?

    /// Said once on stderr.
    ///
    /// - Parameter searchPathMeaning: To the command; nil where it means nothing.
    func notes(searchPathMeaning: String?) -> [String] {
        guard let searchPath else { return notes }
        let note =
            searchPathMeaning.map { "\(searchPath.label): \($0)" }
            ?? "\(searchPath.parameter) in the URL is ignored: dbctl names every object with its schema"
        return notes + [note]
    }

    /// Where a keyword of the connection comes from, and its value where libpq does not tell it; nil when neither dbctl's
    /// inputs nor a service nor the environment say it, so that it is libpq's own default.
    func origin(
        of keyword: String, environment: [String: String], service: [Part]
    ) -> (origin: String, value: String?)? {
        if let part = settings.last(where: { $0.keyword == keyword }) { return (part.origin, nil) }
        if let url, url.keywords.contains(keyword) { return (source, nil) }
        if let part = service.first(where: { $0.keyword == keyword }) { return (part.origin, part.value) }
        guard let variable = Self.libpqVariables[keyword], environment[variable] != nil else { return nil }
        return (variable, nil)
    }

    private static let libpqVariables = [
        "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
        "password": "PGPASSWORD", "passfile": "PGPASSFILE", "service": "PGSERVICE", "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL",
        "connect_timeout": "PGCONNECT_TIMEOUT", "options": "PGOPTIONS", "application_name": "PGAPPNAME",
        "channel_binding": "PGCHANNELBINDING", "target_session_attrs": "PGTARGETSESSIONATTRS",
        "gssencmode": "PGGSSENCMODE", "client_encoding": "PGCLIENTENCODING", "require_auth": "PGREQUIREAUTH",
    ]
}
