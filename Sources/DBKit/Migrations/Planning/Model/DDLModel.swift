import Postgres

/// PostgreSQL's rules for locks and work, as a function of what a statement is and what the catalog has. Pure.
///
/// The rules are those of 14 to 18; DDLModelServerTests compares them with servers. What they do not cover is unknown,
/// never guessed.
struct DDLModel {
    /// Also what earlier statements of the plan have changed.
    var facts: CatalogFacts
    var builder = EffectBuilder()
    private var lastNew = 0

    init(_ facts: CatalogFacts) {
        self.facts = facts
    }

    /// What the statement does, given that those before it were run; then takes it for run itself.
    mutating func effect(of shape: StatementShape) -> StatementEffect {
        builder = EffectBuilder()
        do {
            try weigh(shape)
        } catch {
            builder.doubt(error.reason)
        }
        let effect = builder.effect()
        apply(shape)
        return effect
    }

    mutating func nextNew() -> Int {
        lastNew -= 1
        return lastNew
    }

    private mutating func weigh(_ shape: StatementShape) throws(UnknownSyntax) {
        switch shape {
        case .alterTable(let alter): try weigh(alter)
        case .alterRelation(let alter): try weigh(alter)
        case .alterDomain(let name, let change): try weighDomain(name, change)
        case .createIndex(let index): try weigh(index)
        case .createTable(let table): try weigh(table)
        case .createView(let name, let replaces, let body):
            if replaces, let view = facts.relation(name) { builder.lock(view, .accessExclusive) }
            try weighParsed(body)
        case .createMaterializedView(let name, let ifNotExists, let body):
            if ifNotExists, facts.relation(name) != nil { return }
            try weigh(body)
        case .refresh(let name, let concurrently, let withData): try weighRefresh(name, concurrently, withData)
        case .createTrigger(let table, let other): try weighTrigger(table, other)
        case .onRelation(let name, let mode, let recurses, let isOptional):
            guard let relation = try find(name, isOptional: isOptional) else { return }
            let isTree = recurses && relation.isPartitioned
            builder.lock(isTree ? facts.tree(relation.oid) : [relation], mode)
        case .createSequence(_, let owner):
            if let owner, let table = try find(owner) { builder.lock(table, .accessShare) }
        case .drop(let drop): try weigh(drop)
        case .reindex(let reindex): try weigh(reindex)
        case .truncate(let tables, let cascade): try weighTruncate(tables, cascade)
        case .lockTable(let tables, let mode): try weighLock(tables, mode)
        case .vacuum(let tables, let isFull): try weighVacuum(tables, isFull)
        case .analyze(let tables):
            for name in tables {
                guard let table = try find(name) else { continue }
                // 18 analyses the children of an inheritance tree, too; of partitions this was always so.
                let analysesAll = table.isPartitioned || facts.version.major >= 18
                let children: LockMode = analysesAll ? .shareUpdateExclusive : .accessShare
                builder.lock(facts.tree(table.oid), children)
                builder.lock(table, .shareUpdateExclusive)
            }
        case .cluster(let name):
            guard let table = try find(name) else { return }
            guard !table.isPartitioned else {
                throw UnknownSyntax(reason: "CLUSTER of a partitioned table has no rule here")
            }
            builder.lock(table, .accessExclusive)
            builder.rewrite(table, "the table is put into the order of an index")
        case .privileges(let names):
            // Until 17 nothing is locked but the row of the catalog.
            guard facts.version.major >= 18 else { return }
            for name in names { if let relation = try find(name) { builder.lock(relation, .accessShare) } }
        case .query(let query): query.isOnlyParsed ? try weighParsed(query) : try weigh(query)
        case .noRelation, .searchPath: break
        case .unknown(let reason): throw UnknownSyntax(reason: reason)
        }
    }

    /// The relation by this name. Nil only where its absence is no error.
    func find(_ name: RelationName, isOptional: Bool = false) throws(UnknownSyntax) -> RelationFacts? {
        if let relation = facts.relation(name) { return relation }
        if isOptional { return nil }
        throw UnknownSyntax(reason: "there is no relation \(name) now")
    }

    private mutating func weighTrigger(_ name: RelationName, _ other: RelationName?) throws(UnknownSyntax) {
        guard let table = try find(name) else { return }
        builder.lock(table.isPartitioned ? facts.tree(table.oid) : [table], .shareRowExclusive)
        if let other, let referenced = try find(other) { builder.lock(referenced, .accessShare) }
    }

    private mutating func weighDomain(_ name: RelationName, _ change: DomainChange) throws(UnknownSyntax) {
        switch change {
        case .catalogOnly, .addConstraint(isNotNull: false, isValidated: false): return
        case .validate, .setNotNull, .addConstraint: break
        }
        guard let lookup = try? name.quoted, let domain = facts.types[lookup] else {
            guard facts.created.contains(where: { $0.name == name.name }) else {
                throw UnknownSyntax(reason: "there is no domain \(name) now")
            }
            return
        }
        for table in facts.relations.values where table.hasStorage {
            guard table.columns.contains(where: { $0.type == domain.oid }) else { continue }
            builder.lock(table, .share)
            builder.scan(table, "every value of the domain is checked")
        }
        // The server searches arrays and composites made of it, too; of those only its refusal is known.
    }
}
