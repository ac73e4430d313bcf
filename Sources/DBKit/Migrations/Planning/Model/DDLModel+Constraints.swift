import Postgres

extension DDLModel {
    mutating func weigh(
        _ constraint: NewConstraint, _ table: RelationFacts, _ tree: [RelationFacts], _ mode: LockMode
    ) throws(UnknownSyntax) {
        switch constraint.kind {
        case .check:
            builder.lock(tree, mode)
            guard constraint.isValidated, constraint.isEnforced else { return }
            for part in tree { builder.scan(part, "every row is checked against the new constraint") }
        case .notNull(let column):
            builder.lock(tree, mode)
            guard constraint.isValidated else { return }
            for part in tree { try weighNotNull(column, part) }
        case .unique(let columns, let isPrimary):
            try weighKey(columns, isPrimary: isPrimary, table, tree)
        case .exclude:
            builder.lock(tree, table.isPartitioned && facts.version.major >= 18 ? .accessExclusive : .share)
            for part in tree { builder.buildIndex(part, "the index of the new constraint") }
        case .usingIndex(let name, let isPrimary):
            guard let index = table.indexes.first(where: { $0.name == name }) else {
                if table.isNew { return }
                throw UnknownSyntax(reason: "\(table.label) has no index \(RelationName.shown(name)) now")
            }
            guard isPrimary else { return }
            for key in index.keys { if let column = key.column { try weighNotNull(column, table) } }
        case .foreignKey(_, let target):
            try weighForeignKey(
                constraint, target, table.isPartitioned ? tree : [table], isChecked: constraint.isValidated)
        }
    }

    private mutating func weighKey(
        _ columns: [String], isPrimary: Bool, _ table: RelationFacts, _ tree: [RelationFacts]
    ) throws(UnknownSyntax) {
        // A key of a plain table is not inherited.
        let parts = table.isPartitioned ? tree : [table]
        builder.lock(parts, .share)
        // It sets NOT NULL where that is missing, which goes down to each partition; 18 takes them so in any case.
        let isNullable = columns.contains { table.column($0)?.isNotNull == false }
        if isPrimary && isNullable || facts.version.major >= 18 { builder.lock(tree, .accessExclusive) }
        for part in parts {
            builder.buildIndex(part, "the index of the new constraint")
            guard isPrimary else { continue }
            for column in columns { try weighNotNull(column, part) }
        }
    }

    /// - Parameter isChecked: whether the rows that are there are looked up.
    mutating func weighForeignKey(
        _ constraint: NewConstraint, _ target: RelationName, _ owners: [RelationFacts], isChecked: Bool
    ) throws(UnknownSyntax) {
        guard let referenced = try find(target) else { return }
        builder.lock(owners, .shareRowExclusive)
        builder.lock(facts.tree(referenced.oid), .shareRowExclusive)
        guard isChecked, constraint.isEnforced else { return }
        for owner in owners {
            builder.scan(owner, "\(EffectBuilder.foreignKeyReason) in \(referenced.label)")
        }
    }

    mutating func weighValidation(
        _ name: String, _ table: RelationFacts, _ tree: [RelationFacts], _ mode: LockMode
    ) throws(UnknownSyntax) {
        guard let constraint = table.constraint(name) else {
            if table.isNew { return }
            throw UnknownSyntax(reason: "\(table.label) has no constraint \(RelationName.shown(name)) now")
        }
        guard !constraint.isValidated else { return }
        if constraint.type == "f" {
            let parts = table.isPartitioned ? tree : [table]
            builder.lock(parts, mode)
            if let target = facts.relations[constraint.target] {
                lockTarget(constraint, .rowShare)
                for part in parts { builder.scan(part, "\(EffectBuilder.foreignKeyReason) in \(target.label)") }
            }
            return
        }
        builder.lock(tree, mode)
        for part in tree {
            if constraint.type == "n", let column = constraint.columns.first {
                try weighNotNull(column, part)
            } else {
                builder.scan(part, "every row is checked against \(name)")
            }
        }
    }

    mutating func weighDropConstraint(
        _ name: String, _ table: RelationFacts, _ tree: [RelationFacts], ifExists: Bool, cascade: Bool
    ) throws(UnknownSyntax) {
        guard let constraint = table.constraint(name) else {
            if table.isNew || ifExists { return }
            throw UnknownSyntax(reason: "\(table.label) has no constraint \(RelationName.shown(name)) now")
        }
        if table.isPartitioned || ["c", "n"].contains(constraint.type) { builder.lock(tree, .accessExclusive) }
        if constraint.type == "f" {
            for part in facts.tree(constraint.target) { builder.lock(part, .accessExclusive) }
        }
        if cascade {
            for key in table.references where key.index == constraint.index { lockEnd(key.owner, .accessExclusive) }
        }
    }

    mutating func weighAlterConstraint(
        _ name: String, _ table: RelationFacts, _ tree: [RelationFacts]
    ) throws(UnknownSyntax) {
        guard !table.isNew else { return }
        guard let constraint = table.constraint(name), constraint.type == "f" else {
            throw UnknownSyntax(reason: "\(table.label) has no foreign key \(RelationName.shown(name)) now")
        }
        if facts.version.major >= 18 { throw UnknownSyntax(reason: "ALTER CONSTRAINT of 18 may check rows again") }
        if table.isPartitioned { builder.lock(tree, .accessExclusive) }
    }

    mutating func weighAttach(_ partition: RelationFacts, to table: RelationFacts, isDefault: Bool) {
        builder.lock(facts.tree(partition.oid), .accessExclusive)
        for part in facts.tree(partition.oid) {
            // Whether a CHECK of it implies the bounds only the server proves.
            let mayBeProved = part.constraints.contains { $0.type == "c" && $0.isValidated }
            builder.scan(part, "every row is checked against the bounds", isCertain: !mayBeProved)
        }
        if let oid = table.defaultPartition, let other = facts.relations[oid] {
            for part in facts.tree(other.oid) {
                builder.lock(part, .accessExclusive)
                let mayBeProved = part.constraints.contains { $0.type == "c" && $0.isValidated }
                builder.scan(part, "the default partition may hold rows of the new one", isCertain: !mayBeProved)
            }
        }
        for index in table.indexes {
            let hasTwin = partition.indexes.contains { $0.isLike(index) }
            if !hasTwin {
                for part in facts.tree(partition.oid) { builder.buildIndex(part, "the counterpart of \(index.name)") }
            }
        }
        for key in table.references { lockEnd(key.owner, .shareRowExclusive) }
        for key in table.foreignKeys {
            lockTarget(key, .shareRowExclusive)
            builder.scan(partition, "\(EffectBuilder.foreignKeyReason) for foreign key \(key.name)")
        }
    }

    mutating func weighDetach(_ partition: RelationFacts, from table: RelationFacts, isInTransaction: Bool) {
        builder.lock(partition, .accessExclusive)
        if isInTransaction, let oid = table.defaultPartition, let other = facts.relations[oid] {
            builder.lock(other, .accessExclusive)
        }
        for key in table.foreignKeys { lockEnd(key.target, .shareRowExclusive) }
        for key in table.references { lockEnd(key.owner, .accessExclusive) }
    }
}

extension RelationFacts.Index {
    /// Whether it can stand for the other one in a partition.
    func isLike(_ other: Self) -> Bool {
        isValid && method == other.method && (isUnique || !other.isUnique) && keys == other.keys
            && hasExpression == other.hasExpression && hasPredicate == other.hasPredicate
            && isExclusion == other.isExclusion
    }
}
