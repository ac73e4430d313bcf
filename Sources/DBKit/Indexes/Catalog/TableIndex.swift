import Operations
import Postgres

/// An index that is there.
struct TableIndex: Sendable, Hashable {
    struct Constraint: Sendable, Hashable {
        var name: String
        /// `p`, `u` or `x`.
        var kind: String
    }

    var oid: Int64
    var tableOID: Int64
    var schema: String
    var name: String
    var tableSchema: String
    var tableName: String
    var tableKind: String
    /// This role may drop and rebuild it.
    var isOwn: Bool
    /// Has an index of each partition below it and no pages of its own.
    var isPartitioned: Bool
    var definition: IndexDefinition
    /// `CREATE INDEX …`, as the server writes it.
    var text: String
    /// Of that, from USING on.
    var body: String
    /// As the server calls what it indexes: `lower`, `expr`.
    var columns: [String]
    var isPrimary: Bool
    var isValid: Bool
    /// Every write goes into it.
    var isReady: Bool
    /// False between the two halves of an interrupted DROP INDEX CONCURRENTLY.
    var isLive: Bool
    var isReplicaIdentity: Bool
    var constraint: Constraint?
    /// Foreign keys of other tables rely on it.
    var isReferenced: Bool
    /// The partitioned index that it is attached to.
    var parent: Int64?
    var sizeBytes: Int64
    var scans: Int64
    /// A key is computed.
    var hasExpressions: Bool

    /// As they are typed, quoted where they have to be.
    var label: String { typedName(schema, name) }
    var tableLabel: String { typedName(tableSchema, tableName) }
    var isUsable: Bool { isValid && isReady && isLive }
    /// A build of it did not come to its end. A partitioned index is INVALID until every partition has its own.
    var isLeftover: Bool { !isUsable && !isPartitioned }
    /// It is of no use as it is: left over, or one of a partitioned table that not every partition has.
    var needsRepair: Bool { isLeftover || isPartitioned && !isUsable && parent == nil }
    /// Queries have read it, so that its build did come to its end: what has begun on it since is a DROP. Of a unique one
    /// nobody knows, because ON CONFLICT reads it while it is INVALID.
    var wasInUse: Bool {
        isLeftover && scans > 0 && !definition.isUnique && parent == nil && !isFromReindex
    }
    /// What REINDEX CONCURRENTLY calls its own: `prices_pkey_ccnew`, `prices_pkey_ccold1`.
    var isFromReindex: Bool { name.firstMatch(of: /_cc(new|old)[0-9]*$/) != nil }
    /// Unique and ready: a row that breaks it is refused, although no query can use it.
    var rejectsWriters: Bool { definition.isUnique && isReady && isLive }

    /// Of one that is INVALID, what that means.
    var harm: String {
        let cost =
            rejectsWriters
            ? ", and being unique it REJECTS rows all the same" : isReady ? ", and every write pays for it" : ""
        return "\(label) is INVALID: no query can use it\(cost)"
    }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    var dropStatement: Query {
        get throws(PostgresError) { isPartitioned ? "DROP INDEX \(try sql())" : "DROP INDEX CONCURRENTLY \(try sql())" }
    }

    var rebuildStatement: Query {
        get throws(PostgresError) { "REINDEX INDEX CONCURRENTLY \(try sql())" }
    }
}

extension TableIndex {
    /// Of these tables; in the server's order, primary keys first.
    static func read(tables: [Int64], in session: Session) throws -> [TableIndex] {
        guard !tables.isEmpty else { return [] }
        return try read(tables: tables, indexes: [], in: session)
    }

    static func read(index oid: Int64, in session: Session) throws -> TableIndex? {
        try read(tables: [], indexes: [oid], in: session).first
    }

    /// Of the whole database, without the catalog's and dbctl's own.
    ///
    /// - Parameter locked: Tables that nobody can look at.
    static func all(except locked: [Int64] = [], in session: Session) throws -> [TableIndex] {
        try read(tables: [], indexes: [], except: locked, in: session)
    }

    private static func read(
        tables: [Int64], indexes: [Int64], except locked: [Int64] = [], in session: Session
    ) throws -> [TableIndex] {
        let query = Query(embedded: PackageResources.index_facts_sql, binds: [tables, indexes, locked])
        return try session.withCatalogPath { try $0.rows(query).map(TableIndex.init) }
    }

    init(_ row: Row) throws {
        let kind: String? = try row.value("constraint_kind")
        try self.init(
            oid: row.value("oid"), tableOID: row.value("table_oid"), schema: row.value("schema"),
            name: row.value("name"), tableSchema: row.value("table_schema"), tableName: row.value("table_name"),
            tableKind: row.value("table_kind"), isOwn: row.value("is_own"), isPartitioned: row.value("is_partitioned"),
            definition: IndexDefinition(row), text: row.value("definition"), body: row.value("body"),
            columns: row.value("columns"),
            isPrimary: row.value("is_primary"), isValid: row.value("is_valid"), isReady: row.value("is_ready"),
            isLive: row.value("is_live"), isReplicaIdentity: row.value("is_replica_identity"),
            constraint: kind.map { Constraint(name: try row.value("constraint_name"), kind: $0) },
            isReferenced: row.value("is_referenced"), parent: row.value("parent"), sizeBytes: row.value("size_bytes"),
            scans: row.value("scans"), hasExpressions: row.value("has_expressions"))
    }
}

extension IndexDefinition {
    fileprivate init(_ row: Row) throws {
        let texts: [String] = try row.value("keys")
        let operators: [String] = try row.value("operators")
        let operatorOptions = try row.elements("operator_options")
        let collations = try row.elements("collations")
        let options: [Int] = try row.value("options")
        let keys = texts.indices.map { place in
            // Source: INDOPTION_DESC and INDOPTION_NULLS_FIRST in PostgreSQL's pg_index.h.
            Key(
                text: texts[place], operators: operators[place], operatorOptions: operatorOptions[place],
                collation: collations[place], isDescending: options[place] & 1 != 0,
                nullsFirst: options[place] & 2 != 0)
        }
        try self.init(
            method: row.value("method"), keys: keys, include: Set(row.value("include", as: [String].self)),
            predicate: row.value("predicate"), isUnique: row.value("is_unique"),
            nullsNotDistinct: row.value("nulls_not_distinct"), isImmediate: row.value("is_immediate"),
            isExclusion: row.value("is_exclusion"), storage: Set(row.value("storage", as: [String].self)))
    }
}
