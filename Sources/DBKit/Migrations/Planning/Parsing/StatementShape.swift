import Postgres

/// What a statement is, as far as its locks and its work depend on it.
enum StatementShape: Sendable, Hashable {
    case alterTable(AlterTable)
    case alterRelation(AlterRelation)
    case alterDomain(name: RelationName, change: DomainChange)
    case createIndex(CreateIndex)
    case createTable(CreateTable)
    case createView(name: RelationName, replaces: Bool, body: QueryShape)
    case createMaterializedView(name: RelationName, ifNotExists: Bool, body: QueryShape)
    case refresh(name: RelationName, concurrently: Bool, withData: Bool)
    case createTrigger(table: RelationName, from: RelationName?)
    /// CREATE POLICY, CREATE RULE, DROP TRIGGER and their like: something that belongs to one relation.
    case onRelation(RelationName, LockMode, recurses: Bool, isOptional: Bool)
    case createSequence(name: RelationName, owner: RelationName?)
    case drop(Drop)
    case reindex(Reindex)
    case truncate(tables: [TableReference], cascade: Bool)
    case lockTable([TableReference], LockMode)
    case vacuum(tables: [RelationName], isFull: Bool)
    case analyze(tables: [RelationName])
    case cluster(RelationName)
    case query(QueryShape)
    /// GRANT and REVOKE on relations.
    case privileges([RelationName])
    /// Where names are looked for from now on; nil: where they were at first, or nobody knows.
    case searchPath([String]?)
    /// Takes no lock on a relation of the user's: CREATE FUNCTION, GRANT, SET.
    case noRelation(CatalogOnly)
    /// The parser does not know it, or what it does cannot be told from its text.
    case unknown(String)
}

/// Words that a summary names such a statement by.
struct CatalogOnly: Sendable, Hashable {
    var words: String
    /// What the statement creates, for later ones that use it: a function, a type.
    var creates: RelationName?
}

struct TableReference: Sendable, Hashable {
    var name: RelationName
    /// ONLY: without partitions and children.
    var only = false
}

/// A call of a function in an expression.
struct FunctionCall: Sendable, Hashable {
    var name: RelationName
    var arguments: Int
}

/// What a query reads and writes, by name.
struct QueryShape: Sendable, Hashable {
    enum Verb: String, Sendable, Hashable { case insert, update, delete, merge, copy }

    struct Write: Sendable, Hashable {
        var verb: Verb
        var table: TableReference
        /// Assigned by UPDATE; nil: not read from the text.
        var columns: Set<String>?
        var hasCondition: Bool
    }

    var reads: [TableReference] = []
    var writes: [Write] = []
    /// FOR UPDATE, FOR SHARE.
    var locksRows = false
    var calls: [FunctionCall] = []
    /// Why not all that it touches can be told.
    var doubt: String?
    /// The body of a function, which the server reads and does not run yet.
    var isOnlyParsed = false
    /// The function that the body is of.
    var creates: RelationName?
}

struct CreateIndex: Sendable, Hashable {
    var name: String?
    var table: TableReference
    var isUnique = false
    var isConcurrent = false
    var ifNotExists = false
    /// Plain columns; expressions are left out.
    var columns: [String] = []
}

struct CreateTable: Sendable, Hashable {
    var name: RelationName
    var ifNotExists = false
    var isTemporary = false
    var columns: [NewColumn] = []
    var constraints: [NewConstraint] = []
    var parents: [RelationName] = []
    var partitionOf: RelationName?
    var isDefaultPartition = false
    var isPartitioned = false
    var likes: [RelationName] = []
    var ofType: RelationName?
    /// CREATE TABLE AS.
    var body: QueryShape?
}

struct Drop: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case table, view, materializedView, index, sequence, foreignTable, statistics }

    var kind: Kind
    var names: [RelationName]
    var ifExists: Bool
    var concurrently = false
    var cascade: Bool
}

struct Reindex: Sendable, Hashable {
    var isIndex: Bool
    var name: RelationName
    var concurrently: Bool
}

/// ALTER INDEX, VIEW, SEQUENCE, MATERIALIZED VIEW.
struct AlterRelation: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case index = "INDEX"
        case view = "VIEW"
        case sequence = "SEQUENCE"
        case materializedView = "MATERIALIZED VIEW"
    }

    var kind: Kind
    var name: RelationName
    var ifExists: Bool
    var mode: LockMode
    /// The table that a sequence is to belong to, or the index that is attached.
    var other: RelationName?
    var renamedTo: String?
    var changesTablespace = false
    var isAttach = false
}

enum DomainChange: Sendable, Hashable {
    case addConstraint(isNotNull: Bool, isValidated: Bool)
    case setNotNull
    case validate
    /// Drops, defaults, names and owners.
    case catalogOnly
}
