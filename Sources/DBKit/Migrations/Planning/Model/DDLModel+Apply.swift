extension DDLModel {
    /// Takes the statement for run, as far as later ones depend on it.
    mutating func apply(_ shape: StatementShape) {
        switch shape {
        case .createTable(let table): create(table)
        case .createView(let name, _, _):
            if facts.relation(name) == nil { addRelation(name, kind: "v") }
        case .createMaterializedView(let name, _, _):
            if facts.relation(name) == nil { addRelation(name, kind: "m") }
        case .createSequence(let name, _): addRelation(name, kind: "S")
        case .createIndex(let index): create(index)
        case .drop(let drop):
            for name in drop.names { if let relation = facts.relation(name) { remove(relation) } }
        case .query(let query):
            if let name = query.creates { facts.created.insert(name) }
        case .noRelation(let kind):
            if let name = kind.creates { facts.created.insert(name) }
        case .searchPath(let path):
            // Where it goes back to is known only to the role and the database: then plain names are unknown.
            facts.searchPath = path.map { ["pg_catalog"] + $0 } ?? []
            facts.creationSchema = path?.first ?? ""
        case .alterRelation(let alter):
            if let name = alter.renamedTo, let relation = facts.relation(alter.name) {
                facts.relations[relation.oid]?.name = RelationName(name).name
            }
        case .alterTable(let alter):
            guard let table = facts.relation(alter.table.name) else { return }
            for change in alter.changes { apply(change, table.oid, only: alter.table.only) }
        default: break
        }
    }

    @discardableResult
    private mutating func addRelation(_ name: RelationName, kind: String) -> Int {
        let oid = nextNew()
        facts.relations[oid] = RelationFacts(
            oid: oid, schema: name.schema ?? facts.creationSchema, name: name.name, kind: kind)
        return oid
    }

    private mutating func create(_ table: CreateTable) {
        guard facts.relation(table.name) == nil || table.isTemporary else { return }
        let oid = addRelation(table.name, kind: table.isPartitioned ? "p" : "r")
        for column in table.columns { add(column, to: oid) }
        guard let name = table.partitionOf, let parent = facts.relation(name) else { return }
        facts.relations[oid]?.parents = [parent.oid]
        facts.relations[oid]?.isPartition = true
        facts.relations[oid]?.columns = parent.columns
        facts.relations[parent.oid]?.children.append(oid)
        if table.isDefaultPartition { facts.relations[parent.oid]?.defaultPartition = oid }
    }

    private mutating func create(_ index: CreateIndex) {
        guard let table = facts.relation(index.table.name), let name = index.name else { return }
        let oid = nextNew()
        facts.relations[oid] = RelationFacts(
            oid: oid, schema: table.schema, name: RelationName(name).name, kind: "i", indexTable: table.oid)
        facts.relations[table.oid]?.indexes.append(
            RelationFacts.Index(
                oid: oid, name: RelationName(name).name, schema: table.schema, isValid: true, isUnique: index.isUnique,
                isPrimary: false, isExclusion: false, method: 0, isPartitioned: false, hasExpression: false,
                hasPredicate: false, keys: index.columns.map { .init(column: $0, operatorClass: 0) },
                refersTo: index.columns))
    }

    private mutating func remove(_ relation: RelationFacts) {
        facts.relations[relation.oid] = nil
        for oid in facts.relations.keys {
            facts.relations[oid]?.children.removeAll { $0 == relation.oid }
            facts.relations[oid]?.constraints.removeAll { $0.owner == relation.oid || $0.target == relation.oid }
            facts.relations[oid]?.indexes.removeAll { $0.oid == relation.oid }
            facts.relations[oid]?.dependentViews.removeAll { $0.oid == relation.oid }
            if facts.relations[oid]?.defaultPartition == relation.oid { facts.relations[oid]?.defaultPartition = nil }
        }
    }

    private mutating func add(_ column: NewColumn, to oid: Int) {
        let type = column.type.flatMap { facts.types[$0.lookup] }
        let modifier = column.type.map { TypeModifier.encoded($0, type?.base ?? 0) } ?? -1
        let isKey = column.constraints.contains {
            if case .unique(_, isPrimary: true) = $0.kind { true } else { false }
        }
        facts.relations[oid]?.columns.append(
            RelationFacts.Column(
                name: column.name, type: type?.oid ?? 0, modifier: modifier, isNotNull: column.isNotNull || isKey,
                baseType: type?.base ?? 0, baseModifier: type?.isDomain == true ? type?.modifier ?? -1 : modifier))
        for constraint in column.constraints { add(constraint, to: oid) }
    }

    private mutating func add(_ constraint: NewConstraint, to oid: Int) {
        let name = constraint.name ?? ""
        switch constraint.kind {
        case .check(let proved):
            // Only what it proves of NULLs is ever asked of it.
            let proof = proved.sorted().map { "(\(RelationName.shown($0)) IS NOT NULL)" }.joined(separator: " AND ")
            facts.relations[oid]?.constraints.append(
                RelationFacts.Constraint(
                    name: name, type: "c", isValidated: constraint.isValidated, owner: oid, columns: proved.sorted(),
                    definition: "CHECK (\(proof))"))
        case .notNull(let column):
            facts.relations[oid]?.constraints.append(
                RelationFacts.Constraint(
                    name: name, type: "n", isValidated: constraint.isValidated, owner: oid, columns: [column]))
            setNotNull(column, oid, true)
        case .foreignKey(let columns, let target):
            guard let referenced = facts.relation(target) else { return }
            let key = RelationFacts.Constraint(
                name: name, type: "f", isValidated: constraint.isValidated, owner: oid, target: referenced.oid,
                onDelete: "a", onUpdate: "a", columns: columns)
            facts.relations[oid]?.constraints.append(key)
            if referenced.oid != oid { facts.relations[referenced.oid]?.constraints.append(key) }
        case .unique(let columns, isPrimary: true):
            for column in columns { setNotNull(column, oid, true) }
        case .unique, .usingIndex, .exclude: break
        }
    }

    private mutating func setNotNull(_ column: String, _ oid: Int, _ isNotNull: Bool) {
        guard let place = facts.relations[oid]?.columns.firstIndex(where: { $0.name == column }) else { return }
        facts.relations[oid]?.columns[place].isNotNull = isNotNull
    }

    private mutating func apply(_ change: TableChange, _ root: Int, only: Bool) {
        for oid in only ? [root] : facts.tree(root).map(\.oid) { applyToEach(change, oid) }
        switch change {
        case .addConstraint(let constraint):
            if case .check = constraint.kind { return }
            add(constraint, to: root)
        case .renameTable(let name): facts.relations[root]?.name = RelationName(name).name
        case .setSchema(let name): facts.relations[root]?.schema = name
        case .setLogged(let isLogged): facts.relations[root]?.persistence = isLogged ? "p" : "u"
        case .setTablespace(let name): facts.relations[root]?.tablespace = name
        case .setAccessMethod(let name): facts.relations[root]?.accessMethod = name ?? facts.accessMethod
        case .attachPartition(let name, let isDefault):
            guard let child = facts.relation(name) else { return }
            facts.relations[root]?.children.append(child.oid)
            facts.relations[child.oid]?.parents = [root]
            facts.relations[child.oid]?.isPartition = true
            if isDefault { facts.relations[root]?.defaultPartition = child.oid }
        case .detachPartition(let name, _, _):
            guard let child = facts.relation(name) else { return }
            facts.relations[root]?.children.removeAll { $0 == child.oid }
            facts.relations[child.oid]?.parents = []
            facts.relations[child.oid]?.isPartition = false
            if facts.relations[root]?.defaultPartition == child.oid { facts.relations[root]?.defaultPartition = nil }
        default: break
        }
    }

    private mutating func applyToEach(_ change: TableChange, _ oid: Int) {
        switch change {
        case .addColumn(let column, _):
            if facts.relations[oid]?.column(column.name) == nil { add(column, to: oid) }
        case .dropColumn(let name, _, _):
            facts.relations[oid]?.columns.removeAll { $0.name == name }
            facts.relations[oid]?.constraints.removeAll { $0.owner == oid && $0.columns.contains(name) }
            facts.relations[oid]?.indexes.removeAll { $0.refersTo.contains(name) }
        case .renameColumn(let old, let new):
            guard let place = facts.relations[oid]?.columns.firstIndex(where: { $0.name == old }) else { return }
            facts.relations[oid]?.columns[place].name = new
        case .setNotNull(let column): setNotNull(column, oid, true)
        case .dropNotNull(let column): setNotNull(column, oid, false)
        case .alterType(let name, let type, _, _):
            guard let place = facts.relations[oid]?.columns.firstIndex(where: { $0.name == name }),
                let target = facts.types[type.lookup]
            else { return }
            let modifier = target.isDomain ? target.modifier : TypeModifier.encoded(type, target.base)
            facts.relations[oid]?.columns[place].type = target.oid
            facts.relations[oid]?.columns[place].baseType = target.base
            facts.relations[oid]?.columns[place].baseModifier = modifier
        case .addConstraint(let constraint):
            if case .check = constraint.kind { add(constraint, to: oid) }
        case .validateConstraint(let name):
            guard let place = facts.relations[oid]?.constraints.firstIndex(where: { $0.name == name }) else { return }
            facts.relations[oid]?.constraints[place].isValidated = true
        case .dropConstraint(let name, _, _):
            facts.relations[oid]?.constraints.removeAll { $0.name == name && $0.owner == oid }
        default: break
        }
    }
}
