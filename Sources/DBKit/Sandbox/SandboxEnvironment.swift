// The environment of a command that runs on a sandbox, as a pure function.

extension SandboxRecord {
    /// The base environment with this sandbox as the only server that can be meant.
    ///
    /// Whatever could lead libpq or dbctl elsewhere goes: a `DBCTL_DATABASE_URL` that wins over `DATABASE_URL`, a
    /// `PGSERVICE`, a `PGHOSTADDR`, or the `PGCLUSTER` of Debian's psql must not send a rehearsal to production.
    public func environment(from base: [String: String]) -> [String: String] {
        var environment = base.filter { name, _ in
            !name.hasPrefix("PG") && !["DATABASE_URL", "DBCTL_DATABASE_URL"].contains(name)
                && !["DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_SSL"].contains(name)
        }
        environment["DATABASE_URL"] = url
        environment["PGHOST"] = "127.0.0.1"
        environment["PGPORT"] = String(port)
        environment["PGUSER"] = "postgres"
        environment["PGDATABASE"] = "postgres"
        return environment
    }
}
