public import Postgres

/// Somebody is building or dropping an index on a table at this moment. Never concluded from `indisvalid`, because a dead build looks
/// the same, nor from the progress view alone, which hides what others build from a role without privileges.
public struct LiveIndexBuild: Sendable, Hashable {
    public var table: Int64
    public var pid: Int32
    /// Nil where the role may not see it.
    public var phase: String?
    /// Nil where the role may not see it, and before there is one.
    public var indexOID: Int64?
    public var role: String
    public var application: String

    public var who: String {
        "pid \(pid) (\([role, application].filter { !$0.isEmpty }.joined(separator: ", ")))"
    }

    public static func find(on table: Int64, in session: Session) throws -> LiveIndexBuild? {
        try read([table], in: session).first
    }

    /// Of the whole database, by table.
    public static func all(in session: Session) throws -> [Int64: LiveIndexBuild] {
        Dictionary(try read([], in: session).map { ($0.table, $0) }) { first, _ in first }
    }

    private static func read(_ tables: [Int64], in session: Session) throws -> [LiveIndexBuild] {
        try session.rows(Query(embedded: PackageResources.index_builds_sql, binds: [tables])).map { row in
            try LiveIndexBuild(
                table: row.value("table_oid"), pid: row.value("pid"), phase: row.value("phase"),
                indexOID: row.value("index_oid"), role: row.value("role"), application: row.value("application"))
        }
    }
}
