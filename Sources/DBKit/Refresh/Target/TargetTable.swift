import Operations
import Postgres

/// What the catalog says of the table that a feed goes into.
struct TargetTable: Sendable {
    var oid: Int64
    var schema: String
    var name: String
    /// Nil: it is not partitioned.
    var partitionKey: PartitionKey?
    var isPartitioned: Bool { partitionKey != nil }
    /// Of the user's own, for each row, on INSERT or UPDATE: they may drop rows.
    var hasRowTriggers: Bool
    var fillfactor: Int
    /// In the table's order.
    var columns: [TargetColumn]
    var comparisons: [String: Comparison]
    var indexes: [TargetIndex]
    var foreignKeys: [TargetForeignKey]
    var checks: [TargetCheck]

    /// By what it and its partitions are divided.
    struct PartitionKey: Sendable, Hashable {
        var columns: [String]
        var hasExpressions: Bool
    }

    /// How two values of a column are told apart.
    enum Comparison: Sendable, Hashable {
        case equality
        /// By the bytes of their texts: there is no equality, or it may take for the same what is not (citext).
        case text
    }

    var qualifiedName: String { "\(schema).\(name)" }

    func column(_ name: String) -> TargetColumn? { columns.first { $0.name == name } }

    func quoted() throws(PostgresError) -> Identifier { try identifier(schema, name) }
}

/// An index of the target.
struct TargetIndex: Sendable, Hashable {
    var name: String
    var isUnique = true
    var isPrimary = false
    var isValid = true
    var isImmediate = true
    var isPartial = false
    var hasExpressions = false
    var nullsNotDistinct = false
    var keyColumns: [String]
    /// Of the key's columns, quoted; empty where there is none.
    var collations: [String] = []
    /// Of the key: the index takes other values for equal than the column does.
    var otherwiseCollated: [String] = []
    /// A change of any of these has to be written into the index.
    var watchedColumns: Set<String> = []
}

struct TargetForeignKey: Sendable, Hashable {
    var columns: [String]
    var referencedSchema: String
    var referencedTable: String
    var referencedColumns: [String]
}

struct TargetCheck: Sendable, Hashable {
    var name: String
    /// `CHECK (…)`
    var definition: String
    var columns: [String]
}
