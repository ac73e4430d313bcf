import Postgres

/// What the model knows of a database: as it is, and as the earlier statements of the plan will leave it.
struct CatalogFacts: Sendable, Hashable {
    struct TypeFacts: Sendable, Hashable {
        var oid: Int
        /// Below all domains.
        var base: Int
        /// What a domain sets.
        var modifier: Int
        /// A domain with a CHECK or NOT NULL.
        var isChecked: Bool
        var hasDefault: Bool
        var isDomain: Bool
    }

    struct Function: Sendable, Hashable {
        enum Volatility: String, Sendable, Hashable { case immutable = "i", stable = "s", volatile = "v" }

        var volatility: Volatility
        var isBuiltIn: Bool
        var arguments: ClosedRange<Int>
    }

    var version: ServerVersion
    var searchPath: [String] = ["pg_catalog", "public"]
    var creationSchema = "public"
    var isUTC = true
    var databaseTablespace = "pg_default"
    var accessMethod = "heap"
    var relations: [Int: RelationFacts] = [:]
    /// By ``TypeName/lookup``.
    var types: [String: TypeFacts] = [:]
    var functions: [RelationName: [Function]] = [:]
    /// Source and target.
    var binaryCasts: Set<[Int]> = []
    /// Access method and type to operator class.
    var defaultClasses: [[Int]: Int] = [:]
    /// Functions and types that earlier statements of the plan create.
    var created: Set<RelationName> = []

    init(version: ServerVersion) {
        self.version = version
    }

    /// The relation that the server would find by this name.
    func relation(_ name: RelationName) -> RelationFacts? {
        let schemas = name.schema.map { [$0] } ?? searchPath
        for schema in schemas {
            if let match = relations.values.first(where: { $0.name == name.name && $0.schema == schema }) {
                return match
            }
        }
        return nil
    }

    /// The relation and all below it, parents first.
    func tree(_ root: Int) -> [RelationFacts] {
        guard let facts = relations[root] else { return [] }
        var seen: Set<Int> = [root]
        var list = [facts]
        var place = 0
        while place < list.count {
            for child in list[place].children where seen.insert(child).inserted {
                if let below = relations[child] { list.append(below) }
            }
            place += 1
        }
        return list
    }

    /// The tables below a view, and the views between.
    func basesOfView(_ view: RelationFacts) -> [RelationFacts] {
        var seen: Set<Int> = [view.oid]
        var list: [RelationFacts] = []
        var open = view.baseRelations
        while let next = open.popLast() {
            guard seen.insert(next).inserted, let facts = relations[next] else { continue }
            list.append(facts)
            if facts.kind == "v" { open += facts.baseRelations }
        }
        return list
    }

    enum Volatility: Sendable, Hashable { case known(isVolatile: Bool), unknown }

    /// Whether an expression with these calls must be computed for each row anew, as the server sees it.
    func volatility(of calls: [FunctionCall]) -> Volatility {
        var isCertain = true
        for call in calls {
            let fitting = (functions[call.name] ?? []).filter { $0.arguments.contains(call.arguments) }
            let volatile = fitting.filter { $0.volatility == .volatile }
            if fitting.isEmpty || created.contains(where: { $0.name == call.name.name }) {
                // One of the plan's own is not looked into, and what is not found may be anything.
                isCertain = false
            } else if volatile.isEmpty {
                continue
            } else if volatile.count == fitting.count {
                return .known(isVolatile: true)
            } else {
                isCertain = false
            }
        }
        return isCertain ? .known(isVolatile: false) : .unknown
    }

    /// A function that may do anything: volatile, and not the server's own.
    func callsUnknownWork(_ calls: [FunctionCall]) -> FunctionCall? {
        calls.first { call in
            let own = functions[call.name, default: []].contains { !$0.isBuiltIn && $0.volatility == .volatile }
            return own || created.contains { $0.name == call.name.name }
        }
    }
}
