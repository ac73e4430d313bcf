import Operations
import Postgres

/// What has to be known of a table before it is retired.
struct RetainFacts: Sendable, Hashable {
    var owner: String
    /// The role of the session has the owner's rights.
    var isOwn: Bool
    /// What holds its rows: itself, or what lies below it.
    var leaves: [RetiredTable.Leaf]
    /// Those whose rows lie on another server.
    var foreignTables: [String]
    var sizeBytes: Int64
    /// Nil where no ANALYZE has looked yet.
    var rowEstimate: Int64?

    static func read(_ oids: [Int64], in session: Session) throws -> [Int64: RetainFacts] {
        guard !oids.isEmpty else { return [:] }
        var found: [Int64: RetainFacts] = [:]
        for row in try session.rows(Query(embedded: PackageResources.retain_facts_sql, binds: [oids])) {
            let schemas: [String] = try row.value("schemas")
            let names: [String] = try row.value("names")
            found[try row.value("oid")] = RetainFacts(
                owner: try row.value("owner"), isOwn: try row.value("is_own"),
                leaves: zip(schemas, names).map { RetiredTable.Leaf(schema: $0, name: $1) },
                foreignTables: try row.value("foreign_tables"), sizeBytes: try row.value("size_bytes"),
                rowEstimate: try row.value("row_estimate", as: Double?.self).map { Int64($0) })
        }
        return found
    }
}
