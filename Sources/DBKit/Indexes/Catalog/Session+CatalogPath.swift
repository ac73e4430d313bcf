import Postgres

extension Session {
    /// Reads what the server writes as SQL with every name qualified, whatever the session's own path is.
    func withCatalogPath<T>(_ body: (Session) throws -> T) throws -> T {
        guard isInTransaction else { return try transaction(.readOnly) { try $0.withCatalogPath(body) } }
        let before: String = try row("SELECT pg_catalog.current_setting('search_path') AS path").value("path")
        try execute("SET LOCAL search_path = pg_catalog, pg_temp")
        let result = try body(self)
        _ = try row("SELECT pg_catalog.set_config('search_path', \(before), true) AS path")
        return result
    }
}
