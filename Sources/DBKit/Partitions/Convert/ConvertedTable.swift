import Foundation
import Operations
import Postgres

/// A table that is to become partitioned, as the catalog has it.
struct ConvertedTable: Sendable, Hashable, Codable {
    struct Column: Sendable, Hashable, Codable {
        var name: String
        /// As `format_type` writes it.
        var type: String
        var isNotNull: Bool
        var isGenerated: Bool
        /// `a`, `d` or nothing.
        var identity: String
        /// Of a text: it is compared byte by byte, so that ranges of it mean what they say.
        var sortsByBytes: Bool?
    }

    struct Index: Sendable, Hashable, Codable {
        var oid: Int64
        var name: String
        var isUnique: Bool
        var isPrimary: Bool
        var isExclusion: Bool
        var isImmediate: Bool
        var isUsable: Bool
        var isReplicaIdentity: Bool
        var isClustered: Bool
        /// Nil for the database's own.
        var tablespace: String?
        var constraint: String?
        /// `PRIMARY KEY (id)`
        var constraintText: String?
        /// What stands behind the table: `USING btree (id)`.
        var body: String
        /// Its keys; nil for an expression.
        var columns: [String?]
        /// A scan in the order of plain comparison meets rows in the index's order.
        var isPlain: Bool
    }

    var oid: Int64
    var schema: String
    var name: String
    var kind: String
    var persistence: String
    var owner: String
    var isOwn: Bool
    var mayCreateSchemas: Bool
    var mayCreateTables: Bool
    var database: String
    var isPartition: Bool
    var isInherited: Bool
    var isTyped: Bool
    /// Row-level security hides rows from the role of the session.
    var hidesRows: Bool
    var isSubscribed: Bool
    var hasTriggerLanguage: Bool
    var broadPublications: [String]
    /// Nil where no ANALYZE has looked yet.
    var rowEstimate: Int64?
    var sizeBytes: Int64
    var columns: [Column]
    var indexes: [Index]
    var unvalidated: [String]
    var uninherited: [String]

    var label: String { "\(schema).\(name)" }
    /// As SQL, without quotes where none are needed.
    var typed: String { (try? identifier(schema, name).typed) ?? label }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }

    /// What can be written: all but generated ones.
    var written: [Column] { columns.filter { !$0.isGenerated } }
}

extension ConvertedTable {
    /// Nil when there is none of the name.
    static func look(_ written: String, searchPath: String?, in session: Session) throws -> Int64? {
        try session.transaction(.snapshot) { session in
            if let searchPath {
                _ = try session.row("SELECT pg_catalog.set_config('search_path', \(searchPath), true) AS path")
            } else {
                try session.execute("SET LOCAL search_path TO DEFAULT")
            }
            return try TypedRelation(written).find(in: session)
        }
    }

    /// - Throws: `partition.table_not_found`
    static func find(_ written: String, searchPath: String?, in session: Session) throws -> Int64 {
        guard let found = try look(written, searchPath: searchPath, in: session) else {
            throw PartitionCatalog.notFound(TypedRelation(written), in: session)
        }
        return found
    }

    static func read(_ oid: Int64, in session: Session) throws -> ConvertedTable {
        let rows = try session.rows(Query(embedded: PackageResources.convert_table_sql, binds: [oid]))
        guard let row = rows.first else {
            throw Failure(.partitionTableNotFound, "the table with the oid \(oid) was dropped meanwhile")
        }
        let facts: String = try row.value("facts")
        var table = try JSONDecoder().decode(ConvertedTable.self, from: Data(facts.utf8))
        // What an interrupted run has built is no part of the table's own.
        table.indexes.removeAll { PreparedIndex.isOurs($0.name, oid) }
        return table
    }
}
