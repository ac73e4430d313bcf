import Operations
import Postgres

/// A database that a whole restore takes the place of (`--clean`). It is used and left alone until the new one is
/// complete; then both change names in one transaction, and only after that it is dropped.
struct ReplacedDatabase: Sendable {
    let name: String
    let admin: Connection

    /// Renaming a database needs that nobody is in it; whoever works there has to stop first, and is named.
    func refuseSessions() async throws {
        let sessions = try await admin.run { session in
            try session.rows(Query(embedded: PackageResources.restore_database_sessions_sql, binds: [name])).map {
                try $0.value("session", as: String.self)
            }
        }
        guard !sessions.isEmpty else { return }
        throw busy(sessions)
    }

    /// What would be lost, for the dry run.
    func contents(_ target: ConnectionParameters, _ settings: SessionSettings) async throws -> String {
        let found = try await Connection.with(target, settings: settings) { connection in
            try await connection.run { session in
                try session.rows(Query(embedded: PackageResources.database_contents_sql)).map {
                    try "\($0.value("kind", as: String.self)) \($0.value("name", as: String.self))"
                }
            }
        }
        let size: String = try await admin.run { session in
            try session.row("SELECT pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(\(name)::name)) AS size")
                .value("size")
        }
        let things = found.isEmpty ? "nothing in it" : found.joined(separator: ", ")
        return "\(size), with \(things)\(found.count == 5 ? " and whatever else is in it" : "")"
    }

    /// Both names change at once: whatever happens, one of the two is there under the name.
    ///
    /// - Returns: a warning, when the old one could not be dropped afterwards.
    func giveWay(to new: String) async throws -> String? {
        let old = new + Self.suffix
        do {
            try await RetryPolicy(attempts: 20).run(isRetryable: Self.isInUse) {
                try await admin.run { session in
                    // Whoever has connected to the new one meanwhile, as monitors do; nobody knows it yet.
                    _ = try session.rows(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(new)")
                    try session.transaction { session in
                        try session.execute("ALTER DATABASE \(identifier(name)) RENAME TO \(identifier(old))")
                        try session.execute("ALTER DATABASE \(identifier(new)) RENAME TO \(identifier(name))")
                    }
                }
            }
        } catch {
            throw Self.isInUse(error) ? busy([]) : error
        }
        do {
            try await admin.run { session in
                _ = try session.execute("DROP DATABASE \(identifier(old)) WITH (FORCE)")
            }
            return nil
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            // The work is done; a subscription, for one, keeps its database from being dropped.
            return "the replaced database is still there as \(old), drop it by hand: \(error.message)"
        }
    }

    /// Behind a temporary name. A run that is killed before it has dropped the old database leaves it to the next one's
    /// sweep: it bears this name only once the new one is in its place.
    private static let suffix = "_old"

    private func busy(_ sessions: [String]) -> Failure {
        Failure(
            .restoreTargetInUse, "the database \(name) cannot be replaced while sessions are connected to it",
            detail: (["Nothing was changed."] + sessions).joined(separator: "\n"),
            hint:
                "stop the applications, or end the sessions with pg_terminate_backend(pid), and run the same command again"
        )
    }

    private static func isInUse(_ error: any Error) -> Bool {
        (error as? PostgresError)?.sqlState == .objectInUse
    }
}
