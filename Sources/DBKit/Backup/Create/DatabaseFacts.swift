import Operations
import Postgres

/// What the catalog says about the database to be backed up, as seen in one snapshot. Plain values: every decision is
/// made from them by pure functions.
struct DatabaseFacts: Sendable {
    var relations: [Relation] = []
    var columns: [UInt32: [Column]] = [:]
    var types: TypeGraph = TypeGraph([:])
    /// Leaf partitions below a hash-partitioned table.
    var hashPartitions: [UInt32: HashPartition] = [:]
    var configurationTables: [ConfigurationTable] = []
    /// Populated materialized views with those that each reads from.
    var materializedViews: [UInt32: [UInt32]] = [:]
    var largeObjects: [LargeObject] = []

    /// A name as text for statements and people, and in the bytes of the database's own encoding for the archive.
    struct Name: Sendable, Hashable {
        var text: String
        var bytes: [UInt8]

        /// Whether the text says the same as the bytes; in a database without an encoding it need not.
        var isText: Bool { !text.unicodeScalars.contains("\u{FFFD}") || Array(text.utf8) == bytes }
    }

    struct Relation: Sendable, Hashable {
        enum Kind: String, Sendable, Hashable {
            case table = "r"
            case partitioned = "p"
            case materializedView = "m"
            case foreignTable = "f"
            case sequence = "S"
        }

        var oid: UInt32
        var schema: Name
        var name: Name
        var owner: [UInt8]
        var kind: Kind
        var isUnlogged: Bool
        var isHeap: Bool
        var hidesRows: Bool
        var isReadable: Bool
        var extensionOID: UInt32?
        /// False for an extension's own tables: what is in them comes with the extension.
        var holdsUserData: Bool

        /// What LOCK TABLE takes.
        var isLockable: Bool { (kind == .table || kind == .partitioned) && holdsUserData }

        var identifier: Identifier {
            get throws { try Postgres.identifier(schema.text, name.text) }
        }

        /// For people.
        var displayName: String { "\(schema.text).\(name.text)" }
    }

    struct Column: Sendable, Hashable {
        var name: Name
        var type: UInt32
    }

    struct HashPartition: Sendable, Hashable {
        var root: UInt32
        var keyTypes: [UInt32]
    }

    struct ConfigurationTable: Sendable, Hashable {
        var oid: UInt32
        var extensionOID: UInt32
        /// A WHERE clause of the extension's own.
        var condition: String?
        var predecessors: [UInt32]
    }

    struct LargeObject: Sendable, Hashable {
        var oid: UInt32
        var owner: [UInt8]
        var grants: [UInt8]?
        var comment: [UInt8]?
    }
}

extension DatabaseFacts {
    /// Reads relations only: what has to be locked before anything else is looked at.
    static func relations(_ session: Session) throws -> [Relation] {
        try session.rows(Query(embedded: PackageResources.relations_sql)).map { row in
            let kind: String = try row.value("kind")
            return Relation(
                oid: try row.value("oid"),
                schema: try name(row, "schema"),
                name: try name(row, "name"),
                owner: try bytes(row, "owner_bytes"),
                kind: Relation.Kind(rawValue: kind) ?? .table,
                isUnlogged: try row.value("is_unlogged"),
                isHeap: try row.value("is_heap"),
                hidesRows: try row.value("hides_rows"),
                isReadable: try row.value("is_readable"),
                extensionOID: try row.value("extension"),
                holdsUserData: try row.value("holds_user_data"))
        }
    }

    static func read(_ session: Session, relations: [Relation]) throws -> DatabaseFacts {
        var facts = DatabaseFacts()
        facts.relations = relations
        for row in try session.rows(Query(embedded: PackageResources.columns_sql)) {
            let column = Column(name: try name(row, "name"), type: try row.value("type"))
            facts.columns[try row.value("oid"), default: []].append(column)
        }
        facts.types = try TypeGraph.read(session)
        for row in try session.rows(Query(embedded: PackageResources.hash_partitions_sql)) {
            facts.hashPartitions[try row.value("leaf")] = HashPartition(
                root: try row.value("root"), keyTypes: try row.value("types"))
        }
        facts.configurationTables = try session.rows(Query(embedded: PackageResources.extension_config_sql)).map {
            ConfigurationTable(
                oid: try $0.value("oid"), extensionOID: try $0.value("extension"), condition: try $0.value("condition"),
                predecessors: try $0.value("after"))
        }
        for row in try session.rows(Query(embedded: PackageResources.materialized_views_sql)) {
            facts.materializedViews[try row.value("oid")] = try row.value("sources")
        }
        facts.largeObjects = try session.rows(Query(embedded: PackageResources.large_objects_sql)).map { row in
            let grants: ByteString? = try row.value("grants")
            let comment: ByteString? = try row.value("comment")
            return LargeObject(
                oid: try row.value("oid"), owner: try bytes(row, "owner"), grants: grants?.bytes,
                comment: comment?.bytes)
        }
        return facts
    }

    private static func name(_ row: Row, _ column: String) throws -> Name {
        Name(text: try row.value(column), bytes: try bytes(row, "\(column)_bytes"))
    }

    private static func bytes(_ row: Row, _ column: String) throws -> [UInt8] {
        let value: ByteString = try row.value(column)
        return value.bytes
    }
}
