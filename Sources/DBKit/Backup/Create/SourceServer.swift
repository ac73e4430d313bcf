import Postgres

/// The server and the role that a backup reads with, looked at once, at the beginning.
struct SourceServer: Sendable {
    var version: String
    var major: Int
    var database: String
    var role: String
    var encoding: String
    var isStandby: Bool
    var lsn: String
    var maxLocks: String
    /// Locks that all sessions together can hold at least.
    var lockCapacity: Int
    /// Bytes of one row of `pg_largeobject`: LOBLKSIZE, a quarter of the server's block.
    var largeObjectPage: Int64
    var isSuperuser: Bool
    var hiddenSubscriptions: Int
    var hiddenUserMappings: Int
    var systemIdentifier: String?

    static func read(_ session: Session) throws -> SourceServer {
        let row = try session.row(Query(embedded: PackageResources.server_facts_sql))
        return SourceServer(
            version: try row.value("server_version"), major: session.serverVersion.major,
            database: try row.value("database"), role: try row.value("role"), encoding: try row.value("encoding"),
            isStandby: try row.value("is_standby"), lsn: try row.value("lsn"), maxLocks: try row.value("max_locks"),
            lockCapacity: try row.value("lock_capacity"),
            largeObjectPage: try row.value("large_object_page"), isSuperuser: try row.value("is_superuser"),
            hiddenSubscriptions: try row.value("subscriptions"),
            hiddenUserMappings: try row.value("user_mappings"),
            systemIdentifier: try OtherServer.identifier(of: session))
    }
}
