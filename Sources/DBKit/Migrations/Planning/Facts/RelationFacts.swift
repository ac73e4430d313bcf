/// What the catalog has of one relation, and what earlier statements of the same plan have made of it.
struct RelationFacts: Sendable, Hashable, Codable {
    struct Column: Sendable, Hashable, Codable {
        var name: String
        /// Zero for a column of an earlier statement of the plan.
        var type: Int
        var modifier: Int
        var isNotNull: Bool
        var identity = ""
        var generated = ""
        /// Below all domains.
        var baseType: Int
        var baseModifier: Int
    }

    struct Constraint: Sendable, Hashable, Codable {
        var name: String
        /// pg_constraint.contype
        var type: String
        var isValidated: Bool
        /// The table that it belongs to, which for a foreign key may be another one.
        var owner: Int
        var target: Int = 0
        var onDelete = " "
        var onUpdate = " "
        var index = 0
        /// Of a partition: it came from its parent, and the triggers at the other end are that one's.
        var isInherited = false
        var columns: [String]
        var targetColumns: [String] = []
        var definition: String?
    }

    struct Index: Sendable, Hashable, Codable {
        struct Key: Sendable, Hashable, Codable {
            /// Nil: an expression.
            var column: String?
            var operatorClass: Int
        }

        var oid: Int
        var name: String
        var schema: String
        var isValid: Bool
        var isUnique: Bool
        var isPrimary: Bool
        var isExclusion: Bool
        var method: Int
        var isPartitioned: Bool
        var hasExpression: Bool
        var hasPredicate: Bool
        var keys: [Key]
        var refersTo: [String]
    }

    struct DependentView: Sendable, Hashable, Codable {
        var oid: Int
        var column: String?
    }

    var oid: Int
    var schema: String
    var name: String
    /// pg_class.relkind
    var kind: String
    var isSystem = false
    var persistence = "p"
    var isPartition = false
    var tablespace = ""
    var accessMethod = ""
    /// Nil: never analysed.
    var rows: Int?
    var heapBytes = 0
    var tableBytes = 0
    var indexBytes = 0
    var indexTable: Int?
    var parents: [Int] = []
    var children: [Int] = []
    var defaultPartition: Int?
    var hasTriggers = false
    var baseRelations: [Int] = []
    var dependentViews: [DependentView] = []
    var columns: [Column] = []
    var constraints: [Constraint] = []
    var indexes: [Index] = []
    /// Made by an earlier statement of the plan: nobody else uses it, and it has no rows to speak of.
    var isNew: Bool { oid < 0 }

    var label: String {
        let own = RelationName.shown(name)
        return schema == "public" || schema.isEmpty ? own : RelationName.shown(schema) + "." + own
    }

    var isPartitioned: Bool { kind == "p" }
    /// A table or materialized view, which has rows of its own.
    var hasStorage: Bool { kind == "r" || kind == "m" }

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }
    func constraint(_ name: String) -> Constraint? { constraints.first { $0.name == name && $0.owner == oid } }
    var foreignKeys: [Constraint] { constraints.filter { $0.type == "f" && $0.owner == oid } }
    var references: [Constraint] { constraints.filter { $0.type == "f" && $0.target == oid } }

    /// Whether a validated CHECK lets the server skip its look for NULLs.
    func provesNotNull(_ column: String) -> Bool {
        constraints.contains { check in
            check.type == "c" && check.isValidated
                && check.definition.map { NotNullProof.columns(definition: $0).contains(column) } == true
        }
    }
}
