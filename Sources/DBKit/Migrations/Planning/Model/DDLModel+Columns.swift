import Postgres

extension DDLModel {
    mutating func weigh(newColumn column: NewColumn, _ tree: [RelationFacts]) throws(UnknownSyntax) {
        let verdict = try fill(of: column)
        for part in tree {
            switch verdict {
            case .nothing: break
            case .rewrite(let reason, let isCertain): builder.rewrite(part, reason, isCertain: isCertain)
            case .scan(let reason): builder.scan(part, reason)
            }
        }
        for constraint in column.constraints {
            switch constraint.kind {
            case .foreignKey(_, let target):
                try weighForeignKey(
                    constraint, target, tree.first.map { [$0] } ?? [],
                    isChecked: column.defaultCalls != nil && !column.hasNullDefault || column.generation != .none)
            case .check, .notNull:
                for part in tree { builder.scan(part, "every row is checked against the new constraint") }
            case .unique, .usingIndex, .exclude:
                for part in tree { builder.buildIndex(part, "the index of the new constraint") }
            }
        }
    }

    private enum Fill {
        case nothing
        case rewrite(String, isCertain: Bool)
        case scan(String)
    }

    /// What a new column means for the rows that are there. Source: ATExecAddColumn of tablecmds.c.
    private func fill(of column: NewColumn) throws(UnknownSyntax) -> Fill {
        if column.generation == .identity || column.type?.isSerial == true {
            return .rewrite("each row gets a number of its own", isCertain: true)
        }
        let isVirtual =
            column.generation == .virtual || column.generation == .unsaid && facts.version.major >= 18
        if isVirtual {
            return column.isNotNull ? .scan("every row is checked for NULL") : .nothing
        }
        if column.generation == .stored { return .rewrite("the expression is computed for every row", isCertain: true) }
        if let type = column.type {
            let known = facts.types[type.lookup]
            if known == nil, !isCreatedHere(type) { throw UnknownSyntax(reason: "there is no type \(type.lookup) now") }
            if known?.isChecked == true {
                return .rewrite("a domain with a constraint is checked for every row", isCertain: true)
            }
            if known == nil {
                return .rewrite("the type is new and may be a domain with a constraint", isCertain: false)
            }
            if known?.isDomain == true, known?.hasDefault == true, column.defaultCalls == nil {
                return .rewrite("the domain's default may differ from row to row", isCertain: false)
            }
        }
        guard let calls = column.defaultCalls, !column.hasNullDefault else {
            return column.isNotNull ? .scan("every row would hold NULL, which is refused if there is one") : .nothing
        }
        switch facts.volatility(of: calls) {
        case .known(isVolatile: false): return .nothing
        case .known(isVolatile: true): return .rewrite("the default differs from row to row", isCertain: true)
        case .unknown: return .rewrite("whether its default differs from row to row is not known", isCertain: false)
        }
    }

    func isCreatedHere(_ type: TypeName) -> Bool {
        let plain = type.base.split(separator: ".").last.map { $0.split(separator: "\"").joined() } ?? type.base
        return facts.created.contains { $0.name == plain }
            || facts.relation(RelationName(plain)) != nil
    }

    /// What SET NOT NULL reads: nothing when a validated CHECK says so already (12+).
    mutating func weighNotNull(_ name: String, _ table: RelationFacts) throws(UnknownSyntax) {
        guard let column = table.column(name) else {
            if table.isNew { return }
            throw UnknownSyntax(reason: "\(table.label) has no column \(RelationName.shown(name)) now")
        }
        // 18 keeps NOT NULL as a constraint, which may be there without being proved.
        let isUnproved = table.constraints.contains {
            $0.type == "n" && $0.owner == table.oid && !$0.isValidated && $0.columns == [name]
        }
        guard !column.isNotNull || isUnproved, !table.provesNotNull(name) else { return }
        builder.scan(table, "every row is checked for NULL")
    }
}
