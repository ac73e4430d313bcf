import Operations
import Postgres

/// A partitioned table with the partitions right below it, as they are at one moment.
public struct PartitionedTable: Sendable, Hashable {
    /// The column whose value decides where a row goes.
    public struct Key: Sendable, Hashable {
        public var column: String
        /// As `format_type` writes it.
        public var typeName: String
        public var type: PartitionKeyType
        public var isNotNull: Bool
        /// Where the key is compared under another collation than the column's: quoted, with its schema.
        var collation: String?
        var collationOID: Int64?
        /// What numbers it, for an identity or serial column.
        public var sequence: String?
    }

    public var oid: Int64
    public var schema: String
    public var name: String
    public var owner: String
    /// The role of the session has the owner's rights.
    public var isOwn: Bool
    public var mayCreate: Bool
    public var key: Key
    /// `RANGE (attempted_at)`
    public var keyDefinition: String
    /// In the order of their bounds; those without come last.
    public var partitions: [Partition]
    /// What its foreign keys refer to: ATTACH locks them too, for a moment.
    public var referenced: [String]
    var referencedOIDs: [Int64]

    public var label: String { "\(schema).\(name)" }
    /// The one that takes what no other does.
    public var fallback: Partition? { partitions.first { $0.bounds == .fallback } }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }
}

extension PartitionedTable {
    /// - Throws: `partition.not_owner`
    func requireOwner() throws(Failure) {
        guard !isOwn || !mayCreate else { return }
        throw Failure(
            .partitionNotOwner,
            isOwn
                ? "the role may not create tables in schema \(schema), where the partitions of \(label) lie"
                : "only its owner may add partitions to \(label)",
            detail: "Nothing was changed.",
            hint: isOwn
                ? "GRANT CREATE ON SCHEMA \(Self.typed(schema)) TO \(Self.typed(owner))" : "run it as the role \(owner)"
        )
    }

    private static func typed(_ name: String) -> String { (try? identifier(name).typed) ?? name }
}
