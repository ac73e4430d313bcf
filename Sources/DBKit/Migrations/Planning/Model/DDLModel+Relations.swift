import Postgres

extension DDLModel {
    mutating func weigh(_ create: CreateIndex) throws(UnknownSyntax) {
        guard let table = try find(create.table.name) else { return }
        let parts = create.table.only || !table.isPartitioned ? [table] : facts.tree(table.oid)
        builder.lock(parts, create.isConcurrent ? .shareUpdateExclusive : .share)
        if create.ifNotExists, let name = create.name, facts.relation(RelationName(table.schema, name)) != nil {
            return
        }
        for part in parts {
            builder.buildIndex(part, create.isConcurrent ? "read twice, beside writers" : "the new index")
        }
    }

    mutating func weigh(_ create: CreateTable) throws(UnknownSyntax) {
        if create.ifNotExists, facts.relation(create.name) != nil { return }
        for name in create.parents { if let parent = try find(name) { builder.lock(parent, .shareUpdateExclusive) } }
        for name in create.likes { if let model = try find(name) { builder.lock(model, .accessShare) } }
        if let name = create.partitionOf, let parent = try find(name) {
            builder.lock(parent, .accessExclusive)
            if !create.isDefaultPartition, let oid = parent.defaultPartition {
                for part in facts.tree(oid) {
                    builder.lock(part, .accessExclusive)
                    let mayBeProved = part.constraints.contains { $0.type == "c" && $0.isValidated }
                    builder.scan(part, "the default partition may hold rows of the new one", isCertain: !mayBeProved)
                }
            }
            for key in parent.foreignKeys { builder.lock(facts.tree(key.target), .shareRowExclusive) }
            for key in parent.references { lockEnd(key.owner, .shareRowExclusive) }
        }
        for constraint in create.constraints + create.columns.flatMap(\.constraints) {
            guard case .foreignKey(_, let target) = constraint.kind, target != create.name else { continue }
            if let referenced = try find(target) { builder.lock(facts.tree(referenced.oid), .shareRowExclusive) }
        }
        if let body = create.body { try weigh(body) }
    }

    mutating func weighRefresh(_ name: RelationName, _ concurrently: Bool, _ withData: Bool) throws(UnknownSyntax) {
        guard let view = try find(name) else { return }
        builder.lock(view, concurrently ? .exclusive : .accessExclusive)
        guard !view.isNew else { return }
        if withData {
            for base in view.baseRelations {
                guard let relation = facts.relations[base] else { continue }
                builder.lock(readClosure(relation), .accessShare)
            }
        }
        if concurrently {
            builder.changeRows(view, "the query runs in full, and what differs is changed", isCertain: false)
        } else {
            builder.rewrite(view, withData ? "the query runs in full" : "it is emptied")
        }
    }

    mutating func weigh(_ drop: Drop) throws(UnknownSyntax) {
        if drop.kind == .statistics {
            throw UnknownSyntax(reason: "whose statistics they are is not looked up")
        }
        for name in drop.names {
            guard let relation = try find(name, isOptional: drop.ifExists) else { continue }
            if drop.kind == .index {
                let mode: LockMode = drop.concurrently ? .shareUpdateExclusive : .accessExclusive
                builder.lock(relation, mode)
                lockTable(ofIndex: relation, mode)
            } else {
                weighDropped(relation, cascade: drop.cascade)
            }
        }
    }

    private mutating func weighDropped(_ relation: RelationFacts, cascade: Bool) {
        let tree = relation.isPartitioned || cascade ? facts.tree(relation.oid) : [relation]
        builder.lock(tree, .accessExclusive)
        if relation.isPartition {
            for parent in relation.parents {
                guard let table = facts.relations[parent] else { continue }
                builder.lock(table, .accessExclusive)
                if let other = table.defaultPartition { lockEnd(other, .accessExclusive) }
            }
        }
        var views: [Int] = []
        for part in tree {
            for key in part.foreignKeys where !key.isInherited { lockTarget(key, .accessExclusive) }
            if cascade { for key in part.references { lockEnd(key.owner, .accessExclusive) } }
            views += part.dependentViews.map(\.oid)
        }
        guard cascade else { return }
        var seen: Set<Int> = []
        while let next = views.popLast() {
            guard seen.insert(next).inserted, let view = facts.relations[next] else { continue }
            builder.lock(view, .accessExclusive)
            views += view.dependentViews.map(\.oid)
        }
    }

    private mutating func lockTable(ofIndex index: RelationFacts, _ mode: LockMode) {
        guard let oid = index.indexTable, let table = facts.relations[oid] else { return }
        builder.lock(index.kind == "I" ? facts.tree(table.oid) : [table], mode)
    }

    mutating func weigh(_ reindex: Reindex) throws(UnknownSyntax) {
        guard let relation = try find(reindex.name) else { return }
        guard relation.kind != "I", relation.kind != "p" else {
            throw UnknownSyntax(reason: "REINDEX takes the partitions in turn, each in a transaction of its own")
        }
        let tableMode: LockMode = reindex.concurrently ? .shareUpdateExclusive : .share
        if reindex.isIndex {
            builder.lock(relation, reindex.concurrently ? .shareUpdateExclusive : .accessExclusive)
            lockTable(ofIndex: relation, tableMode)
            if let oid = relation.indexTable, let table = facts.relations[oid] {
                builder.buildIndex(table, "index \(relation.name) is built again")
            }
        } else {
            builder.lock(relation, tableMode)
            for index in relation.indexes { builder.buildIndex(relation, "index \(index.name) is built again") }
        }
    }

    mutating func weighTruncate(_ tables: [TableReference], _ cascade: Bool) throws(UnknownSyntax) {
        var open: [RelationFacts] = []
        for table in tables {
            guard let relation = try find(table.name) else { continue }
            open += table.only ? [relation] : facts.tree(relation.oid)
        }
        var seen: Set<Int> = []
        while let relation = open.popLast() {
            guard seen.insert(relation.oid).inserted else { continue }
            builder.lock(relation, .accessExclusive)
            guard cascade else { continue }
            for key in relation.references {
                guard facts.relations[key.owner] != nil else { continue }
                open += facts.tree(key.owner)
            }
        }
        if cascade, seen.count > tables.count { builder.note("CASCADE empties tables that it does not name") }
    }

    mutating func weighLock(_ tables: [TableReference], _ mode: LockMode) throws(UnknownSyntax) {
        for table in tables {
            guard let relation = try find(table.name) else { continue }
            builder.lock(table.only ? [relation] : facts.tree(relation.oid), mode)
            guard relation.kind == "v" else { continue }
            for base in facts.basesOfView(relation) { builder.lock(facts.tree(base.oid), mode) }
        }
    }

    mutating func weighVacuum(_ tables: [RelationName], _ isFull: Bool) throws(UnknownSyntax) {
        for name in tables {
            guard let table = try find(name) else { continue }
            for part in facts.tree(table.oid) where part.oid == table.oid || table.isPartitioned {
                builder.lock(part, isFull && part.hasStorage ? .accessExclusive : .shareUpdateExclusive)
                if isFull { builder.rewrite(part, "the table is written anew without its gaps") }
            }
        }
    }

    mutating func weigh(_ alter: AlterRelation) throws(UnknownSyntax) {
        guard let relation = try find(alter.name, isOptional: alter.ifExists) else { return }
        builder.lock(relation, alter.mode)
        if alter.changesTablespace {
            builder.note("the index is copied to the other tablespace")
        }
        guard let name = alter.other, let other = try find(name) else { return }
        if alter.isAttach {
            builder.lock(other, .accessExclusive)
            lockTable(ofIndex: other, .accessShare)
            lockTable(ofParentIndex: relation)
        } else {
            builder.lock(other, .accessShare)
        }
    }

    private mutating func lockTable(ofParentIndex index: RelationFacts) {
        if let oid = index.indexTable, let table = facts.relations[oid] { builder.lock(table, .accessShare) }
    }
}
