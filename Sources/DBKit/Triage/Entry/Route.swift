/// How a look at a server gets in.
public enum Route: String, Codable, Sendable, CaseIterable {
    /// As the role of the connection.
    case direct
    /// As the role that was set aside for this (`pool.rescue`), e.g. one with `pg_use_reserved_connections` (16+).
    case reserved
    /// As a superuser over the server's own socket.
    case superuser
    /// Over `replication=database`: such sessions are counted against `max_wal_senders`, not `max_connections`, and
    /// run SQL all the same.
    case walsender
    /// pgbouncer's console: what the pooler knows, and nothing of the server.
    case pgbouncer
}

/// A way that did not lead in, and why not.
public struct Refusal: Encodable, Sendable, Hashable {
    public let route: Route
    public let userName: String
    public let code: String
    public let sqlstate: String?
    public let message: String
}
