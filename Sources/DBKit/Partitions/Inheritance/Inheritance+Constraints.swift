import Postgres

/// CHECKs, indexes with the constraints that are made of them, foreign keys, extended statistics, triggers.
extension Inheritance {
    func checks() throws -> [TraitDifference] {
        try missing(.check).map { wanted in
            TraitDifference(
                trait: .check, message: "\(target.label) lacks \(wanted.name): \(wanted.definition)",
                statements: try adding(wanted))
        }
    }

    func foreignKeys() throws -> [TraitDifference] {
        try missing(.foreignKey).map { wanted in
            TraitDifference(
                trait: .foreignKey, message: "\(target.label) lacks \(wanted.name): \(wanted.definition)",
                statements: try adding(wanted))
        }
    }

    private func adding(_ wanted: RelationTraits.Constraint) throws -> [Query] {
        guard !isInUse else { return try addingInUse(wanted) }
        return [
            "ALTER TABLE \(try table) ADD CONSTRAINT \(try identifier(wanted.name)) \(ServerText(catalog: wanted.definition))"
        ]
    }

    /// By what they say: a partition's foreign key may have another name.
    private func missing(_ kind: RelationTraits.Constraint.Kind) -> [RelationTraits.Constraint] {
        model.constraints.filter { wanted in
            wanted.kind == kind && wanted.isInherited
                && !target.constraints.contains {
                    $0.kind == kind && $0.condition == wanted.condition && ($0.isValid || !wanted.isValid)
                        && (kind == .foreignKey || $0.name == wanted.name)
                }
        }
    }

    func indexes() throws -> [TraitDifference] {
        try model.indexes.compactMap { wanted in
            guard !isInUse else { return try indexInUse(wanted) }
            if let own = counterpart(of: wanted) {
                guard !own.isValid, target.kind == "r" else { return nil }
                return TraitDifference(
                    trait: .index, message: "\(target.schema).\(own.name) is INVALID",
                    statements: ["REINDEX INDEX CONCURRENTLY \(try identifier(target.schema, own.name))"])
            }
            return lack(of: wanted, [try creation(of: wanted)])
        }
    }

    func lack(of wanted: RelationTraits.Index, _ statements: [Query]) -> TraitDifference {
        TraitDifference(
            trait: .index, message: "\(target.label) has no index like \(wanted.name): \(wanted.body)",
            statements: statements)
    }

    private func creation(of wanted: RelationTraits.Index) throws -> Query {
        let name = try identifier(wanted.name)
        if let constraint = wanted.constraint {
            let named: SQLFragment = keepsNames ? "CONSTRAINT \(name) " : ""
            return "ALTER TABLE \(try table) ADD \(named)\(ServerText(catalog: constraint))"
        }
        let unique: SQLFragment = wanted.isUnique ? "UNIQUE " : ""
        let named: SQLFragment = keepsNames ? "\(name) " : ""
        return "CREATE \(unique)INDEX \(named)ON \(try table) \(ServerText(catalog: wanted.body))"
    }

    func counterpart(of wanted: RelationTraits.Index) -> RelationTraits.Index? { counterparts(of: wanted).first }

    /// The target's index that is attached to the model's, else those that say the same.
    func counterparts(of wanted: RelationTraits.Index) -> [RelationTraits.Index] {
        if let attached = target.indexes.first(where: { $0.parent == wanted.oid }) { return [attached] }
        return target.indexes.filter {
            $0.parent == nil && $0.body == wanted.body && $0.isUnique == wanted.isUnique
                && $0.isPrimary == wanted.isPrimary && $0.constraint == wanted.constraint
        }
    }

    func counterpart(of wanted: RelationTraits.Statistics) -> RelationTraits.Statistics? {
        target.statistics.first { $0.columns == wanted.columns && $0.kinds == wanted.kinds }
    }

    func statistics() throws -> [TraitDifference] {
        try model.statistics.compactMap { wanted in
            guard let own = counterpart(of: wanted) else {
                let kinds = wanted.kinds.compactMap { Self.statisticsKinds[$0] }
                let listed: SQLFragment = kinds.isEmpty ? "" : "(\(kinds.joined(separator: ", "))) "
                let name = try identifier(target.schema, keepsNames ? wanted.name : freeStatisticsName())
                var statements: [Query] = [
                    "CREATE STATISTICS \(name) \(listed)ON \(ServerText(catalog: wanted.columns)) FROM \(try table)"
                ]
                if wanted.target >= 0 {
                    statements.append("ALTER STATISTICS \(name) SET STATISTICS \(SQLFragment(number: wanted.target))")
                }
                if let comment = wanted.comment {
                    statements.append("COMMENT ON STATISTICS \(name) IS \(try literal(comment))")
                }
                return TraitDifference(
                    trait: .extendedStatistics,
                    message: "\(target.label) has no statistics like \(wanted.name) on \(wanted.columns)",
                    statements: statements)
            }
            guard own.target != wanted.target else { return nil }
            return TraitDifference(
                trait: .extendedStatistics,
                message:
                    "the target of the statistics \(own.schema).\(own.name) is \(own.target), not \(wanted.target)",
                statements: [
                    "ALTER STATISTICS \(try identifier(own.schema, own.name)) SET STATISTICS \(SQLFragment(number: wanted.target))"
                ])
        }
    }

    /// Source: `STATS_EXT_…` in PostgreSQL's statistics.h; expressions alone have no word.
    static let statisticsKinds: [String: SQLFragment] = [
        "d": "ndistinct", "f": "dependencies", "m": "mcv",
    ]

    /// A name within 63 bytes that none of the target's has.
    private func freeStatisticsName() -> String {
        let taken = Set(target.statistics.map(\.name))
        let stem = Identifier.cut(target.name, to: 50)
        return (1...).lazy.map { "\(stem)_stat\($0)" }.first { !taken.contains($0) } ?? stem
    }

    func triggers() throws -> [TraitDifference] {
        try model.triggers.filter { target.kind == "p" || model.kind != "p" || $0.isForRows }.compactMap { wanted in
            let name = try identifier(wanted.name)
            guard let own = target.triggers.first(where: { $0.name == wanted.name }) else {
                let kind: SQLFragment = wanted.isConstraint ? "CONSTRAINT " : ""
                let create: Query =
                    "CREATE \(kind)TRIGGER \(name) \(ServerText(catalog: wanted.beforeTable)) ON \(try table) \(ServerText(catalog: wanted.afterTable))"
                return TraitDifference(
                    trait: .trigger, message: "\(target.label) has no trigger \(wanted.name)",
                    statements: [create] + (wanted.enabled == "O" ? [] : [try enabling(wanted)]))
            }
            guard own.enabled != wanted.enabled else { return nil }
            return TraitDifference(
                trait: .trigger,
                message: "the trigger \(wanted.name) of \(target.label) fires otherwise than that of \(model.label)",
                statements: [try enabling(wanted)])
        }
    }

    private func enabling(_ wanted: RelationTraits.Trigger) throws -> Query {
        let form: SQLFragment =
            switch wanted.enabled {
            case "D": "DISABLE"
            case "R": "ENABLE REPLICA"
            case "A": "ENABLE ALWAYS"
            default: "ENABLE"
            }
        return "ALTER TABLE \(try table) \(form) TRIGGER \(try identifier(wanted.name))"
    }
}

extension SQLFragment {
    init(number: Int) { self = "\(number)" }
}
