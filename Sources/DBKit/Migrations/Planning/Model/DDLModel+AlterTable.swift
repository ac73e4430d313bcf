import Postgres

extension DDLModel {
    mutating func weigh(_ alter: AlterTable) throws(UnknownSyntax) {
        guard let table = try find(alter.table.name, isOptional: alter.ifExists) else { return }
        // The server takes the strongest lock at once, on all that it touches.
        let strongest = alter.changes.map { mode(of: $0, table) }.max() ?? .accessExclusive
        for change in alter.changes {
            try weigh(change, table, only: alter.table.only, mode: strongest)
        }
    }

    /// Source: AlterTableGetLockLevel of tablecmds.c.
    private func mode(of change: TableChange, _ table: RelationFacts) -> LockMode {
        switch change {
        case .setStatistics, .setColumnOptions, .clusterOn, .validateConstraint, .attachPartition:
            .shareUpdateExclusive
        case .detachPartition(_, let concurrently, let isFinal):
            concurrently || isFinal ? .shareUpdateExclusive : .accessExclusive
        case .triggers: .shareRowExclusive
        case .addConstraint(let constraint):
            if case .foreignKey = constraint.kind { .shareRowExclusive } else { .accessExclusive }
        case .setParameters(let names):
            table.kind == "v" ? .accessExclusive : RelationParameter.mode(of: names, isIndex: table.indexTable != nil)
        case .renameTable where table.indexTable != nil: .shareUpdateExclusive
        default: .accessExclusive
        }
    }

    private mutating func weigh(
        _ change: TableChange, _ table: RelationFacts, only: Bool, mode: LockMode
    ) throws(UnknownSyntax) {
        builder.lock(table, mode)
        let tree = only ? [table] : facts.tree(table.oid)
        switch change {
        case .addColumn(let column, let ifNotExists):
            if ifNotExists, table.column(column.name) != nil { return }
            builder.lock(tree, mode)
            try weigh(newColumn: column, tree)
        case .dropColumn(let name, let ifExists, let cascade):
            try weighDropColumn(name, table, tree, ifExists: ifExists, cascade: cascade)
        case .alterType(let column, let type, let hasUsing, let collates):
            builder.lock(tree, mode)
            try weigh(typeOf: column, type, hasUsing: hasUsing, collates: collates, tree)
        case .setNotNull(let column):
            builder.lock(tree, mode)
            for part in tree { try weighNotNull(column, part) }
        case .dropNotNull, .setDefault, .dropDefault, .dropExpression, .setStatistics, .setStorage,
            .renameColumn:
            builder.lock(tree, mode)
        case .setExpression(let column):
            builder.lock(tree, mode)
            for part in tree where part.column(column)?.generated != "v" {
                builder.rewrite(part, "the new expression is computed for every row")
            }
        case .addIdentity, .changeIdentity:
            if table.isPartitioned, facts.version.major >= 17 { builder.lock(tree, mode) }
        case .addConstraint(let constraint): try weigh(constraint, table, tree, mode)
        case .validateConstraint(let name): try weighValidation(name, table, tree, mode)
        case .dropConstraint(let name, let ifExists, let cascade):
            try weighDropConstraint(name, table, tree, ifExists: ifExists, cascade: cascade)
        case .alterConstraint(let name): try weighAlterConstraint(name, table, tree)
        case .renameConstraint(let name):
            // Partitions and children have a CHECK by the same name.
            if table.constraint(name).map({ $0.type == "c" || $0.type == "n" }) == true { builder.lock(tree, mode) }
        case .triggers:
            if table.isPartitioned { builder.lock(tree, mode) }
        case .rules, .rowSecurity, .clusterOn, .setParameters, .ofType, .owner, .replicaIdentity, .renameTable,
            .setSchema, .setColumnOptions, .setCompression, .foreignOptions:
            break
        case .setLogged(let isLogged):
            if (table.persistence == "p") != isLogged {
                builder.rewrite(
                    table, isLogged ? "all of it is written to the WAL" : "it is copied out of the WAL's reach")
            }
        case .setTablespace(let name):
            let current = table.tablespace.isEmpty ? facts.databaseTablespace : table.tablespace
            if current != name { builder.rewrite(table, "it is copied to tablespace \(name)") }
        case .setAccessMethod(let name):
            if table.accessMethod != (name ?? facts.accessMethod) {
                builder.rewrite(table, "it is stored in another way")
            }
        case .inherit(let parent):
            if let parent = try find(parent) { builder.lock(parent, .shareUpdateExclusive) }
        case .noInherit(let parent):
            if let parent = try find(parent) { builder.lock(parent, .accessShare) }
        case .attachPartition(let name, let isDefault):
            guard let partition = try find(name) else { return }
            weighAttach(partition, to: table, isDefault: isDefault)
        case .detachPartition(let name, let concurrently, let isFinal):
            guard let partition = try find(name) else { return }
            weighDetach(partition, from: table, isInTransaction: !concurrently && !isFinal)
        }
    }

    private mutating func weighDropColumn(
        _ name: String, _ table: RelationFacts, _ tree: [RelationFacts], ifExists: Bool, cascade: Bool
    ) throws(UnknownSyntax) {
        guard table.column(name) != nil || !table.isNew && table.columns.isEmpty else {
            if ifExists || table.isNew { return }
            throw UnknownSyntax(reason: "\(table.label) has no column \(RelationName.shown(name)) now")
        }
        builder.lock(tree, .accessExclusive)
        for part in tree {
            for key in part.foreignKeys where key.columns.contains(name) { lockTarget(key, .accessExclusive) }
            for key in part.references where key.targetColumns.contains(name) { lockEnd(key.owner, .accessExclusive) }
        }
        if cascade, table.dependentViews.contains(where: { $0.column == name }) {
            builder.doubt("which views CASCADE takes with it is not followed")
        }
    }

    /// The table that a foreign key refers to, with its partitions.
    mutating func lockTarget(_ key: RelationFacts.Constraint, _ mode: LockMode) {
        builder.lock(facts.tree(key.target), mode)
    }

    /// The table at the other end of a foreign key.
    mutating func lockEnd(_ oid: Int, _ mode: LockMode) {
        if let other = facts.relations[oid] { builder.lock(other, mode) }
    }
}
