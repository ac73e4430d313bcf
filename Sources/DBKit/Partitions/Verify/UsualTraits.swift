import Postgres

/// What most partitions of a table have, and their parent cannot have or has not: whoever gave it to all of them meant it.
struct UsualTraits: Sendable, Hashable {
    /// Storage parameters: a partitioned table has none.
    var options: [String] = []
    /// Unique indexes and exclusions, by what stands behind the table.
    var keys: [String] = []
    /// By what they say.
    var foreignKeys: [String] = []
    var publications: [String] = []

    static func read(_ partitions: [Partition], in session: Session) throws -> UsualTraits {
        let oids = partitions.filter { $0.kind == .table }.map(\.oid)
        let row = try session.row(Query(embedded: PackageResources.verify_usual_sql, binds: [oids]))
        return UsualTraits(
            options: try row.value("options"), keys: try row.value("keys"),
            foreignKeys: try row.value("foreign_keys"), publications: try row.value("publications"))
    }
}
