import Postgres

/// What mends a partition while everybody reads and writes it: each statement is one that can be typed by itself, in
/// their order, and holds up nobody for longer than a moment.
extension Inheritance {
    /// The scan is left to VALIDATE, which stops no writer.
    func addingInUse(_ wanted: RelationTraits.Constraint) throws -> [Query] {
        let unchecked = target.constraints.first { $0.kind == wanted.kind && $0.condition == wanted.condition }
        let name = try identifier(unchecked?.name ?? wanted.name)
        let validation: Query = "ALTER TABLE \(try table) VALIDATE CONSTRAINT \(name)"
        guard unchecked == nil else { return [validation] }
        let add: SQLFragment = "ALTER TABLE \(try table) ADD CONSTRAINT \(name)"
        guard wanted.isValid else { return ["\(add) \(ServerText(catalog: wanted.definition))"] }
        return ["\(add) \(ServerText(catalog: wanted.condition)) NOT VALID", validation]
    }

    /// Only an index that is attached counts: the server makes the parent's valid once each partition has one.
    func indexInUse(_ wanted: RelationTraits.Index) throws -> TraitDifference? {
        guard let own = counterpart(of: wanted) else { return try lack(of: wanted, building(wanted)) }
        let index = try identifier(target.schema, own.name)
        var statements: [Query] = []
        if !own.isValid, target.kind == "r" { statements.append("REINDEX INDEX CONCURRENTLY \(index)") }
        if own.parent == nil { statements.append(try attaching("\(index)", to: wanted)) }
        guard !statements.isEmpty else { return nil }
        let faults = [
            own.isValid ? nil : "is INVALID",
            own.parent == nil ? "is not attached to \(model.schema).\(wanted.name)" : nil,
        ].compactMap(\.self)
        return TraitDifference(
            trait: .index, message: "\(target.schema).\(own.name) \(faults.joined(separator: ", and "))",
            statements: statements)
    }

    private func attaching(_ index: SQLFragment, to wanted: RelationTraits.Index) throws -> Query {
        "ALTER INDEX \(try identifier(model.schema, wanted.name)) ATTACH PARTITION \(index)"
    }

    /// A constraint takes over an index that was built beside everybody. Neither a partition with partitions of its own nor
    /// an exclusion has such a form: these stop writers for as long as they are built.
    private func building(_ wanted: RelationTraits.Index) throws -> [Query] {
        let name = freeIndexName(for: wanted)
        let (own, index) = (try identifier(name), try identifier(target.schema, name))
        let attach = try attaching("\(index)", to: wanted)
        let unique: SQLFragment = wanted.isUnique ? "UNIQUE " : ""
        let isPlain =
            target.kind == "r" && (wanted.constraint == nil || wanted.isUnique && wanted.body.hasPrefix("USING btree"))
        guard isPlain else {
            guard let constraint = wanted.constraint else {
                return ["CREATE \(unique)INDEX \(own) ON \(try table) \(ServerText(catalog: wanted.body))", attach]
            }
            return ["ALTER TABLE \(try table) ADD CONSTRAINT \(own) \(ServerText(catalog: constraint))", attach]
        }
        let build: Query =
            "CREATE \(unique)INDEX CONCURRENTLY \(own) ON \(try table) \(ServerText(catalog: wanted.body))"
        guard let constraint = wanted.constraint else { return [build, attach] }
        let kind: SQLFragment = wanted.isPrimary ? "PRIMARY KEY" : "UNIQUE"
        // `UNIQUE (id, at) DEFERRABLE INITIALLY DEFERRED`
        let timing =
            constraint.firstRange(of: ") DEFERRABLE").map { String(constraint[$0.lowerBound...].dropFirst()) } ?? ""
        return [
            build,
            "ALTER TABLE \(try table) ADD CONSTRAINT \(own) \(kind) USING INDEX \(own)\(ServerText(catalog: timing))",
            attach,
        ]
    }

    /// Within 63 bytes; with the oid where the name of the table is so long that another one may begin like it.
    private func freeIndexName(for wanted: RelationTraits.Index) -> String {
        let stem = target.name.utf8.count <= 50 ? target.name : "dbctl_\(target.oid)"
        let taken = Set(target.indexes.map(\.name))
        let first = 1 + (model.indexes.firstIndex { $0.oid == wanted.oid } ?? 0)
        return (first...).lazy.map { "\(stem)_idx\($0)" }.first { !taken.contains($0) } ?? stem
    }
}
