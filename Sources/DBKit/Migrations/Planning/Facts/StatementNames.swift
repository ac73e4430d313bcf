/// The names in statements that the catalog is asked for.
struct StatementNames: Sendable, Hashable {
    var relations: Set<RelationName> = []
    var domains: Set<RelationName> = []
    var types: Set<String> = []
    var functions: Set<RelationName> = []

    /// Those that a SET search_path names.
    var schemas: Set<String> = []

    init() {}

    /// With the names that stand without a schema looked for in each of the later search paths, too.
    var allRelations: Set<RelationName> {
        let plain = relations.filter { $0.schema == nil }
        return schemas.reduce(into: relations) { all, schema in
            all.formUnion(plain.map { RelationName(schema, $0.name) })
        }
    }

    mutating func add(_ shape: StatementShape) {
        switch shape {
        case .alterTable(let alter): add(alter)
        case .alterRelation(let alter): relations.formUnion([alter.name] + [alter.other].compactMap(\.self))
        case .alterDomain(let name, _): domains.insert(name)
        case .createIndex(let index):
            relations.insert(index.table.name)
            // For IF NOT EXISTS: an index lies in the schema of its table.
            if let name = index.name { relations.formUnion([RelationName(index.table.name.schema, name)]) }
        case .createTable(let table): add(table)
        case .createView(let name, _, let body), .createMaterializedView(let name, _, let body):
            relations.insert(name)
            add(body)
        case .refresh(let name, _, _), .cluster(let name), .onRelation(let name, _, _, _): relations.insert(name)
        case .createTrigger(let table, let other): relations.formUnion([table] + [other].compactMap(\.self))
        case .createSequence(let name, let owner): relations.formUnion([name] + [owner].compactMap(\.self))
        case .drop(let drop): relations.formUnion(drop.names)
        case .reindex(let reindex): relations.insert(reindex.name)
        case .truncate(let tables, _), .lockTable(let tables, _): relations.formUnion(tables.map(\.name))
        case .vacuum(let tables, _), .analyze(let tables): relations.formUnion(tables)
        case .query(let query): add(query)
        case .privileges(let names): relations.formUnion(names)
        case .searchPath(let path): schemas.formUnion(path ?? [])
        case .noRelation, .unknown: break
        }
    }

    private mutating func add(_ query: QueryShape) {
        relations.formUnion(query.reads.map(\.name) + query.writes.map(\.table.name))
        functions.formUnion(query.calls.map(\.name))
    }

    private mutating func add(_ table: CreateTable) {
        relations.formUnion([table.name] + table.parents + table.likes)
        relations.formUnion([table.partitionOf].compactMap(\.self))
        for column in table.columns { add(column) }
        for constraint in table.constraints { add(constraint) }
        if let body = table.body { add(body) }
    }

    private mutating func add(_ column: NewColumn) {
        if let type = column.type, !type.isSerial { types.insert(type.lookup) }
        functions.formUnion((column.defaultCalls ?? []).map(\.name))
        for constraint in column.constraints { add(constraint) }
    }

    private mutating func add(_ constraint: NewConstraint) {
        if case .foreignKey(_, let target) = constraint.kind { relations.insert(target) }
    }

    private mutating func add(_ alter: AlterTable) {
        relations.insert(alter.table.name)
        for change in alter.changes {
            switch change {
            case .addColumn(let column, _): add(column)
            case .alterType(_, let type, _, _): types.insert(type.lookup)
            case .addConstraint(let constraint): add(constraint)
            case .inherit(let other), .noInherit(let other), .attachPartition(let other, _),
                .detachPartition(let other, _, _):
                relations.insert(other)
            default: break
            }
        }
    }
}
