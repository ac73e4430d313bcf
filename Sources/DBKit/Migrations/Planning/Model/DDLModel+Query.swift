import Postgres

extension DDLModel {
    /// A query that runs: with the partitions, views and foreign keys that it reaches.
    mutating func weigh(_ query: QueryShape) throws(UnknownSyntax) {
        for read in query.reads {
            guard let relation = try find(read.name) else { continue }
            let mode: LockMode = query.locksRows ? .rowShare : .accessShare
            builder.lock(read.only ? [relation] : readClosure(relation), mode)
        }
        for write in query.writes { try weigh(write) }
        if let call = facts.callsUnknownWork(query.calls) {
            builder.doubt("what the function \(call.name) does is not followed")
        }
        if let doubt = query.doubt { builder.doubt(doubt) }
    }

    /// A query that is only read by the server: the definition of a view, the body of a function.
    mutating func weighParsed(_ query: QueryShape) throws(UnknownSyntax) {
        for read in query.reads {
            guard let relation = try find(read.name) else { continue }
            builder.lock(relation, query.locksRows ? .rowShare : .accessShare)
            // A function's body is rewritten, so that the views in it are opened; that of a view is kept as it is.
            if query.isOnlyParsed, relation.kind == "v" {
                builder.lock(facts.basesOfView(relation), .accessShare)
            }
        }
        for write in query.writes {
            if let relation = try find(write.table.name) { builder.lock(relation, .rowExclusive) }
        }
    }

    /// What a SELECT from it opens.
    func readClosure(_ relation: RelationFacts) -> [RelationFacts] {
        guard relation.kind == "v" else { return facts.tree(relation.oid) }
        return [relation] + facts.basesOfView(relation).flatMap { facts.tree($0.oid) }
    }

    private mutating func weigh(_ write: QueryShape.Write) throws(UnknownSyntax) {
        guard let table = try find(write.table.name) else { return }
        if table.kind == "v" {
            builder.lock(readClosure(table), .rowExclusive)
            builder.doubt("how the view passes the change on is not followed")
            return
        }
        let tree = write.table.only && write.verb != .copy ? [table] : facts.tree(table.oid)
        // New rows go to the partitions that they belong to, and never to a child that inherits.
        let takesNew = write.verb == .insert || write.verb == .copy
        builder.lock(takesNew && !table.isPartitioned ? [table] : tree, .rowExclusive)
        if tree.contains(where: \.hasTriggers) {
            builder.note("what the triggers of \(table.label) do is not followed")
        }
        if takesNew || write.verb == .merge {
            if !write.isPlainInsert { weighUpdate(write, table) }
            for key in table.foreignKeys { lookUp(key) }
        }
        if write.verb == .update || write.verb == .merge { weighUpdate(write, table) }
        if write.verb == .delete || write.verb == .merge {
            for key in table.references { reach(key, key.onDelete) }
        }
        guard !takesNew else { return }
        for part in tree {
            builder.changeRows(
                part, "each is locked until the transaction ends",
                isCertain: !write.hasCondition && write.verb != .merge)
        }
    }

    private mutating func weighUpdate(_ write: QueryShape.Write, _ table: RelationFacts) {
        for key in table.foreignKeys where write.columns.map({ !$0.isDisjoint(with: key.columns) }) ?? true {
            lookUp(key)
        }
        for key in table.references where write.columns.map({ !$0.isDisjoint(with: key.targetColumns) }) ?? true {
            reach(key, key.onUpdate)
        }
    }

    /// A new key is looked up with FOR KEY SHARE.
    private mutating func lookUp(_ key: RelationFacts.Constraint) {
        builder.lock(facts.tree(key.target), .rowShare)
    }

    /// The rows that refer to one that goes: looked for, or changed with it.
    private mutating func reach(_ key: RelationFacts.Constraint, _ action: String) {
        let isChanged = ["c", "n", "d"].contains(action)
        builder.lock(facts.tree(key.owner), isChanged ? .rowExclusive : .rowShare)
        guard isChanged, let owner = facts.relations[key.owner] else { return }
        builder.changeRows(owner, "foreign key \(key.name) changes the rows that refer to it", isCertain: false)
        if !owner.references.isEmpty { builder.doubt("how far the foreign keys carry the change is not followed") }
    }
}

extension QueryShape.Write {
    /// Without ON CONFLICT DO UPDATE, whose columns would be known.
    fileprivate var isPlainInsert: Bool { verb == .copy || verb == .insert && columns == nil }
}
