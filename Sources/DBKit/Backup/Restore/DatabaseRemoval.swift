import Operations
import Postgres

/// Drops a database of dbctl's own making, whatever was restored into it.
struct DatabaseRemoval: Sendable {
    let server: ConnectionParameters
    let settings: SessionSettings

    func drop(_ name: String, over admin: Connection) async throws {
        do {
            try await admin.run { try Self.drop(name, in: $0) }
        } catch let error as PostgresError where error.sqlState == .objectInUse {
            // Sessions are ended by FORCE; a subscription is not, and there it stays until somebody drops it.
            try await dropSubscriptions(in: name)
            try await admin.run { try Self.drop(name, in: $0) }
        }
    }

    private static func drop(_ name: String, in session: Session) throws {
        let isTemplate = try session.rows(
            "SELECT FROM pg_catalog.pg_database WHERE datname = \(name) AND datistemplate")
        if !isTemplate.isEmpty { try session.execute("ALTER DATABASE \(identifier(name)) IS_TEMPLATE false") }
        try session.execute("DROP DATABASE IF EXISTS \(identifier(name)) WITH (FORCE)")
    }

    /// They never ran, so that a slot on the publisher is none of theirs. Event triggers of the restored database are kept
    /// quiet: they may refuse every statement.
    private func dropSubscriptions(in name: String) async throws {
        try await Connection.with(server.setting("dbname", name), settings: settings) { connection in
            try await connection.run { session in
                try session.execute("SET session_replication_role = replica")
                let names = try session.rows(
                    """
                    SELECT subname FROM pg_subscription
                     WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """
                ).map { try $0.value("subname", as: String.self) }
                for name in names {
                    try session.execute("ALTER SUBSCRIPTION \(identifier(name)) DISABLE")
                    try session.execute("ALTER SUBSCRIPTION \(identifier(name)) SET (slot_name = NONE)")
                    try session.execute("DROP SUBSCRIPTION \(identifier(name))")
                }
            }
        }
    }
}
