import Postgres

/// What hangs on columns. Whether they are there, and their types, is what ATTACH itself looks at.
extension Inheritance {
    func columns() throws -> [TraitDifference] {
        var found: [TraitDifference] = []
        for wanted in model.columns {
            guard let own = target.columns.first(where: { $0.name == wanted.name }) else {
                found.append(
                    TraitDifference(
                        trait: .column, message: "\(target.label) has no column \(wanted.name)",
                        statements: [
                            "ALTER TABLE \(try table) ADD COLUMN \(try identifier(wanted.name)) \(ServerText(catalog: wanted.type))"
                        ]))
                continue
            }
            found += try differences(own, wanted)
        }
        return found
    }

    private func differences(_ own: RelationTraits.Column, _ wanted: RelationTraits.Column) throws -> [TraitDifference]
    {
        var found: [TraitDifference] = []
        let column = try identifier(wanted.name)
        let name = "\(target.label).\(wanted.name)"
        func add(_ trait: TraitDifference.Trait, _ message: String, _ forms: SQLFragment...) throws {
            let statements = try forms.map { "ALTER TABLE \(try table) ALTER COLUMN \(column) \($0)" as Query }
            found.append(TraitDifference(trait: trait, message: message, statements: statements))
        }
        if own.type != wanted.type || own.collation != wanted.collation || own.generated != wanted.generated {
            found.append(
                TraitDifference(
                    trait: .column,
                    message:
                        "\(name) is \(own.type)\(own.generated.map { ", made of \($0)" } ?? ""), and \(wanted.type)\(wanted.generated.map { ", made of \($0)" } ?? "") in \(model.label)",
                    statements: []))
        }
        if wanted.isNotNull, !own.isNotNull { try add(.notNull, "\(name) may be NULL", "SET NOT NULL") }
        if own.default != wanted.default {
            try add(
                .default,
                "the default of \(name) is \(own.default ?? "none"), that of \(model.label) \(wanted.default ?? "none")",
                wanted.default.map { "SET DEFAULT \(ServerText(catalog: $0))" } ?? "DROP DEFAULT")
        }
        if own.statisticsTarget != wanted.statisticsTarget {
            try add(
                .statisticsTarget,
                "the statistics target of \(name) is \(own.statisticsTarget), not \(wanted.statisticsTarget)",
                "SET STATISTICS \(wanted.statisticsTarget)")
        }
        if own.options != wanted.options {
            var forms: [SQLFragment] = []
            if !own.options.isEmpty { forms.append("RESET (\(Self.listed(own.options.map(Self.name(of:)))))") }
            if !wanted.options.isEmpty { forms.append("SET (\(try Self.assignments(wanted.options)))") }
            for form in forms {
                try add(.statisticsTarget, "the options of \(name) are not those of \(model.label)", form)
            }
        }
        if own.storage != wanted.storage, let word = Self.storage[wanted.storage] {
            try add(.columnStorage, "\(name) is stored otherwise than in \(model.label)", "SET STORAGE \(word)")
        }
        if own.compression != wanted.compression {
            try add(
                .columnStorage, "\(name) is compressed otherwise than in \(model.label)",
                "SET COMPRESSION \(Self.compression[wanted.compression] ?? "DEFAULT")")
        }
        return found
    }

    /// Source: `TYPSTORAGE_…` in PostgreSQL's pg_type.h.
    private static let storage: [String: SQLFragment] = [
        "p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN",
    ]
    /// Source: `TOAST_…_COMPRESSION` in toast_compression.h.
    private static let compression: [String: SQLFragment] = ["p": "pglz", "l": "lz4"]
}
