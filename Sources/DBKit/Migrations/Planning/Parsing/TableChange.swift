struct AlterTable: Sendable, Hashable {
    var table: TableReference
    var ifExists: Bool
    var changes: [TableChange]
}

/// One subcommand of ALTER TABLE.
enum TableChange: Sendable, Hashable {
    case addColumn(NewColumn, ifNotExists: Bool)
    case dropColumn(String, ifExists: Bool, cascade: Bool)
    case alterType(column: String, type: TypeName, hasUsing: Bool, collates: Bool)
    case setDefault(column: String)
    case dropDefault(column: String)
    case setNotNull(column: String)
    case dropNotNull(column: String)
    case setExpression(column: String)
    case dropExpression(column: String)
    case addIdentity(column: String)
    /// SET GENERATED, SET sequence options, RESTART, DROP IDENTITY.
    case changeIdentity(column: String)
    case setStatistics
    case setStorage
    case setCompression
    case setColumnOptions
    case addConstraint(NewConstraint)
    case validateConstraint(String)
    case dropConstraint(String, ifExists: Bool, cascade: Bool)
    case alterConstraint(String)
    case renameConstraint(String)
    case triggers
    case rules
    case rowSecurity
    case clusterOn
    case setLogged(Bool)
    case setTablespace(String)
    case setAccessMethod(String?)
    /// SET (…) and RESET (…): the names of the parameters.
    case setParameters([String])
    case inherit(RelationName)
    case noInherit(RelationName)
    case ofType
    case owner
    case replicaIdentity
    case renameTable(String)
    case renameColumn(from: String, to: String)
    case setSchema(String)
    case attachPartition(RelationName, isDefault: Bool)
    case detachPartition(RelationName, concurrently: Bool, isFinal: Bool)
    /// OPTIONS (…) of a foreign table.
    case foreignOptions
}

/// A type as a statement has it, without its modifiers: `varchar(20)[]` is `varchar`, [20], array.
struct TypeName: Sendable, Hashable {
    /// For `to_regtype`: words in lower case, or a quoted name.
    var base: String
    var modifiers: [Int] = []
    var isArray = false
    /// An interval's fields, or a modifier that is no number: the model cannot compare it.
    var hasUnknownModifier = false

    static let serials: Set<String> = ["serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"]
    var isSerial: Bool { Self.serials.contains(base.lowercased()) }
    var lookup: String { base + (isArray ? "[]" : "") }
}

struct NewColumn: Sendable, Hashable {
    enum Generation: Sendable, Hashable { case none, identity, stored, virtual, unsaid }

    var name: String
    /// Nil: a partition's column takes its parent's.
    var type: TypeName?
    /// The functions that its default calls; nil: it has none.
    var defaultCalls: [FunctionCall]?
    /// Its default is the word NULL.
    var hasNullDefault = false
    var generation: Generation = .none
    var isNotNull = false
    var constraints: [NewConstraint] = []
}

/// A constraint that a statement adds.
struct NewConstraint: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case check(provesNotNull: Set<String>)
        case notNull(column: String)
        case unique(columns: [String], isPrimary: Bool)
        /// UNIQUE or PRIMARY KEY USING INDEX.
        case usingIndex(String, isPrimary: Bool)
        case foreignKey(columns: [String], target: RelationName)
        case exclude
    }

    var kind: Kind
    var name: String?
    var isValidated = true
    /// NOT ENFORCED (18).
    var isEnforced = true
}
