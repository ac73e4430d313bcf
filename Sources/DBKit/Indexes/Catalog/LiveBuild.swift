import Operations
import Postgres

/// Somebody is building an index on a table at this moment. Never concluded from `indisvalid`: a dead build looks the same.
struct LiveBuild: Sendable, Hashable {
    var pid: Int32
    /// Nil where the role may not see it; GRANT pg_read_all_stats.
    var phase: String?
    var indexOID: Int64?
    var role: String
    var application: String

    static func find(on table: Int64, in session: Session) throws -> LiveBuild? {
        let query = Query(embedded: PackageResources.index_builders_sql, binds: [table])
        return try session.rows(query).first.map { row in
            try LiveBuild(
                pid: row.value("pid"), phase: row.value("phase"), indexOID: row.value("index_oid"),
                role: row.value("role"), application: row.value("application"))
        }
    }

    func failure(_ table: String) -> Failure {
        Failure(
            .indexBeingBuilt,
            "an index of \(table) is being built by pid \(pid) (\([role, application].filter { !$0.isEmpty }.joined(separator: ", "))), phase: \(phase ?? "not visible to this role")",
            detail: "Nothing was changed; that build was left alone.",
            hint: "run the same command again when it is done, or wait for it with --wait 1h")
    }
}
