import Operations
import Postgres

/// How one relation (`target`) differs from another (`model`) that it should be like: of a partition and its parent, or of
/// a new table and the one whose place it takes. The one source of truth for what must be the same. Pure.
///
/// What the target has beyond the model counts where it opens doors (grants, policies) and not where it is its own
/// business (further indexes, checks, triggers, statistics).
struct Inheritance: Sendable {
    let target: RelationTraits
    let model: RelationTraits
    let traits: Set<TraitDifference.Trait>
    /// Both lie in schemas of their own: what is made for the target has the name that it has at the model.
    let keepsNames: Bool

    init(
        of target: RelationTraits, from model: RelationTraits, _ traits: Set<TraitDifference.Trait>,
        keepsNames: Bool = false
    ) {
        self.target = target
        self.model = model
        self.traits = traits
        self.keepsNames = keepsNames
    }

    /// In the order in which their statements are to be run.
    func differences() throws -> [TraitDifference] {
        var found: [TraitDifference] = []
        found += try owner()
        found += try columns()
        found += try checks()
        found += try indexes()
        found += try foreignKeys()
        found += try statistics()
        found += try storage()
        found += try replicaIdentity()
        found += try grants()
        found += try rowSecurity()
        found += try policies()
        found += try triggers()
        found += try comments()
        found += try publications()
        return found.filter { traits.contains($0.trait) }.sorted { $0.trait < $1.trait }
    }

    var table: SQLFragment { get throws(PostgresError) { try target.sql() } }

    /// The target is a partition in use: what mends it is typed by somebody, line by line, and must stop no writer.
    var isInUse: Bool { traits == .attached }

    private func owner() throws -> [TraitDifference] {
        guard target.owner != model.owner else { return [] }
        return [
            TraitDifference(
                trait: .owner, message: "\(target.label) belongs to \(target.owner), \(model.label) to \(model.owner)",
                statements: ["ALTER TABLE \(try table) OWNER TO \(try identifier(model.owner))"])
        ]
    }

    private func storage() throws -> [TraitDifference] {
        let missing = model.options.filter { !target.options.contains($0) }
        let kept = Set(model.options.map(Self.name(of:)))
        let surplus = target.options.map(Self.name(of:)).filter { !kept.contains($0) }
        guard target.kind == model.kind, !missing.isEmpty || !surplus.isEmpty else { return [] }
        var statements: [Query] = []
        if !missing.isEmpty {
            statements.append("ALTER TABLE \(try table) SET (\(try Self.assignments(missing)))")
        }
        if !surplus.isEmpty {
            statements.append("ALTER TABLE \(try table) RESET (\(Self.listed(surplus)))")
        }
        return [
            TraitDifference(
                trait: .storageParameter,
                message:
                    "\(target.label) has the storage parameters \(Self.shown(target.options)), \(model.label) has \(Self.shown(model.options))",
                statements: statements)
        ]
    }

    /// `fillfactor='70', toast.autovacuum_enabled='off'`
    static func assignments(_ options: [String]) throws(PostgresError) -> SQLFragment {
        var parts: [SQLFragment] = []
        for option in options {
            let name = name(of: option)
            parts.append("\(ServerText(catalog: name))=\(try literal(String(option.dropFirst(name.count + 1))))")
        }
        return parts.joined(separator: ", ")
    }

    static func name(of option: String) -> String { String(option.prefix { $0 != "=" }) }

    /// Names of options, as the catalog has them.
    static func listed(_ names: [String]) -> SQLFragment {
        names.map { "\(ServerText(catalog: $0))" as SQLFragment }.joined(separator: ", ")
    }

    static func shown(_ options: [String]) -> String {
        options.isEmpty ? "none" : options.sorted().joined(separator: ", ")
    }

    private func replicaIdentity() throws -> [TraitDifference] {
        guard target.replicaIdentity != model.replicaIdentity || model.replicaIdentity == "i" else { return [] }
        let form: SQLFragment
        switch model.replicaIdentity {
        case "n": form = "NOTHING"
        case "f": form = "FULL"
        case "i":
            guard let wanted = model.indexes.first(where: \.isIdentity) else { return [] }
            guard let own = counterpart(of: wanted) else {
                return [
                    TraitDifference(
                        trait: .replicaIdentity,
                        message: "\(target.label) lacks the index that is the replica identity of \(model.label)",
                        statements: [])
                ]
            }
            guard !own.isIdentity else { return [] }
            form = "USING INDEX \(try identifier(own.name))"
        default: form = "DEFAULT"
        }
        return [
            TraitDifference(
                trait: .replicaIdentity,
                message: "the replica identity of \(target.label) is not that of \(model.label)",
                statements: ["ALTER TABLE ONLY \(try table) REPLICA IDENTITY \(form)"])
        ]
    }

    private func rowSecurity() throws -> [TraitDifference] {
        var found: [TraitDifference] = []
        func add(_ message: String, _ form: SQLFragment) throws {
            found.append(
                TraitDifference(trait: .rowSecurity, message: message, statements: ["ALTER TABLE \(try table) \(form)"])
            )
        }
        if target.rowSecurity != model.rowSecurity {
            try add(
                "row-level security is \(target.rowSecurity ? "on" : "off") for \(target.label) and \(model.rowSecurity ? "on" : "off") for \(model.label)",
                model.rowSecurity ? "ENABLE ROW LEVEL SECURITY" : "DISABLE ROW LEVEL SECURITY")
        }
        if target.forcesRowSecurity != model.forcesRowSecurity {
            try add(
                "row-level security \(model.forcesRowSecurity ? "also" : "no longer") binds the owner of \(model.label); of \(target.label) it is otherwise",
                model.forcesRowSecurity ? "FORCE ROW LEVEL SECURITY" : "NO FORCE ROW LEVEL SECURITY")
        }
        return found
    }

    private func publications() throws -> [TraitDifference] {
        try model.publications.filter { wanted in !target.publications.contains { $0 == wanted } }.map { wanted in
            var part: SQLFragment = "\(try table)"
            if let columns = wanted.columns {
                let names = try columns.map { "\(try identifier($0))" as SQLFragment }
                part = "\(part) (\(names.joined(separator: ", ")))"
            }
            if let filter = wanted.filter { part = "\(part) WHERE (\(ServerText(catalog: filter)))" }
            let isThere = target.publications.contains { $0.name == wanted.name }
            var statements: [Query] = ["ALTER PUBLICATION \(try identifier(wanted.name)) ADD TABLE \(part)"]
            if isThere {
                statements.insert("ALTER PUBLICATION \(try identifier(wanted.name)) DROP TABLE \(try table)", at: 0)
            }
            return TraitDifference(
                trait: .publication,
                message: "\(target.label) is not in the publication \(wanted.name) as \(model.label) is",
                statements: statements)
        }
    }
}
