import Postgres

/// What one session saw of its server. Facts, no verdict.
struct ServerFacts: Sendable, Hashable {
    var version: String
    var versionNumber: Int
    var isStandby: Bool
    var encoding: String
    var timeZone: String
    var maxConnections: Int
    var reserved: Int
    /// Those that have not logged in yet included.
    var used: Int
    /// Not logged in yet.
    var hidden: Int
    var database: String
    var role: String
    var isSuperuser: Bool
    /// -1 is none.
    var roleLimit: Int
    var roleUsed: Int
    var databaseLimit: Int
    var databaseUsed: Int
    var isMonitor: Bool

    var major: Int { versionNumber / 10_000 }
    /// Slots that a role without any privilege could still take.
    var ordinaryFree: Int { max(0, maxConnections - reserved - used) }
}

/// What the role may do.
struct PrivilegeFacts: Sendable, Hashable {
    var mayCreate: Bool
    var mayUseTemporary: Bool
    var tables: Int
    var readableTables: Int
}

extension ServerFacts {
    init(_ session: Session, timeout: Duration) throws(PostgresError) {
        let rows = try session.rows(Query(embedded: PackageResources.server_facts_sql), timeout: timeout)
        guard let row = rows.first else { throw PostgresError(.decoding, "the session's own role was not found") }
        version = try row.value("version")
        versionNumber = try row.value("version_number")
        isStandby = try row.value("is_standby")
        encoding = try row.value("encoding")
        timeZone = try row.value("time_zone")
        maxConnections = try row.value("max_connections")
        reserved = try row.value("reserved")
        hidden = try row.value("hidden")
        used = try row.value("used", as: Int.self) + hidden
        database = try row.value("database")
        role = try row.value("role")
        isSuperuser = try row.value("is_superuser")
        roleLimit = try row.value("role_limit")
        roleUsed = try row.value("role_used")
        databaseLimit = try row.value("database_limit")
        databaseUsed = try row.value("database_used")
        isMonitor = try row.value("is_monitor")
    }
}

extension PrivilegeFacts {
    init(_ session: Session, timeout: Duration) throws(PostgresError) {
        let rows = try session.rows(Query(embedded: PackageResources.privileges_sql), timeout: timeout)
        guard let row = rows.first else { throw PostgresError(.decoding, "no privileges were found") }
        mayCreate = try row.value("may_create")
        mayUseTemporary = try row.value("may_use_temporary")
        tables = try row.value("tables")
        readableTables = try row.value("readable_tables")
    }
}

extension ServerReport.Extension {
    static func all(_ session: Session, timeout: Duration) throws(PostgresError) -> [ServerReport.Extension] {
        var found: [ServerReport.Extension] = []
        for row in try session.rows(Query(embedded: PackageResources.extensions_sql), timeout: timeout) {
            try found.append(
                .init(name: row.value("name"), version: row.value("version"), available: row.value("available")))
        }
        return found
    }
}
