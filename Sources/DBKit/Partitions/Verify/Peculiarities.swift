import Postgres

/// What a partition has that its parent and the other partitions have not, and that makes it behave otherwise: a row that
/// is welcome everywhere else is refused there, goes with another table's, is sent elsewhere, or is lost with a crash. Pure.
///
/// Its own indexes and statistics are its own business, as long as they refuse nothing; so is a CHECK of the partition key
/// alone, which says again what its bounds say.
struct Peculiarities {
    let own: RelationTraits
    let parent: RelationTraits
    /// The partition key's column.
    let key: String
    let usual: UsualTraits
    /// It has everything before some bound: the table that became it, by `convert --strategy attach`, has kept its keys.
    let isBeginning: Bool

    init(of own: RelationTraits, among parent: RelationTraits, key: String, usual: UsualTraits, isBeginning: Bool) {
        self.own = own
        self.parent = parent
        self.key = key
        self.usual = usual
        self.isBeginning = isBeginning
    }

    func differences() throws -> [TraitDifference] {
        try persistence() + storage() + notNull() + checks() + keys() + foreignKeys() + triggers() + publications()
    }

    private var table: SQLFragment { get throws(PostgresError) { try own.sql() } }

    private func persistence() throws -> [TraitDifference] {
        guard own.isUnlogged, !parent.isUnlogged else { return [] }
        return [
            TraitDifference(
                trait: .persistence,
                message:
                    "\(own.label) is UNLOGGED: a crash empties it, and no standby has its rows. What mends it writes it anew, and stops everybody meanwhile",
                statements: ["ALTER TABLE \(try table) SET LOGGED"])
        ]
    }

    private func storage() throws -> [TraitDifference] {
        guard own.kind == "r" else { return [] }
        let options = own.options.filter { !$0.hasPrefix("toast.") }
        let missing = usual.options.filter { !options.contains($0) }
        let kept = Set(usual.options.map(Inheritance.name(of:)))
        let surplus = options.map(Inheritance.name(of:)).filter { !kept.contains($0) }
        var statements: [Query] = []
        if !missing.isEmpty {
            statements.append("ALTER TABLE \(try table) SET (\(try Inheritance.assignments(missing)))")
        }
        if !surplus.isEmpty { statements.append("ALTER TABLE \(try table) RESET (\(Inheritance.listed(surplus)))") }
        guard !statements.isEmpty else { return [] }
        return [
            TraitDifference(
                trait: .storageParameter,
                message:
                    "\(own.label) has the storage parameters \(Inheritance.shown(options)), most partitions have \(Inheritance.shown(usual.options))",
                statements: statements)
        ]
    }

    private func notNull() throws -> [TraitDifference] {
        try own.columns.filter { column in
            // A key of its own needs it.
            column.isNotNull && parent.columns.contains { $0.name == column.name && !$0.isNotNull }
                && !own.indexes.contains { $0.isPrimary && $0.parent == nil }
        }.map { column in
            TraitDifference(
                trait: .notNull,
                message:
                    "\(own.label).\(column.name) may not be NULL, in \(parent.label) it may: such rows are refused",
                statements: ["ALTER TABLE \(try table) ALTER COLUMN \(try identifier(column.name)) DROP NOT NULL"])
        }
    }

    private func checks() throws -> [TraitDifference] {
        try own.constraints.filter { check in
            check.kind == .check && check.columns != [key]
                && !parent.constraints.contains { $0.kind == .check && $0.condition == check.condition }
        }.map { check in
            TraitDifference(
                trait: .check,
                message:
                    "\(own.label) has a constraint that \(parent.label) has not, \(check.name): rows against it are refused there alone",
                statements: ["ALTER TABLE \(try table) DROP CONSTRAINT \(try identifier(check.name))"])
        }
    }

    private func keys() throws -> [TraitDifference] {
        try own.indexes.filter { index in
            guard index.isUnique || index.constraint?.hasPrefix("EXCLUDE") == true, index.parent == nil else {
                return false
            }
            // One that only has to be attached says so itself.
            return !usual.keys.contains(index.body)
                && !parent.indexes.contains { $0.isUnique == index.isUnique && $0.body == index.body }
                && !(isBeginning && isShorterKey(index))
        }.map { index in
            let form: SQLFragment = own.kind == "r" ? "CONCURRENTLY " : ""
            let statement: Query =
                index.constraint == nil
                ? "DROP INDEX \(form)\(try identifier(own.schema, index.name))"
                : "ALTER TABLE \(try table) DROP CONSTRAINT \(try identifier(index.name))"
            return TraitDifference(
                trait: .index,
                message:
                    "\(own.label) has a key that \(parent.label) has not, \(index.name): \(index.body): rows that are the same in it are refused there alone",
                statements: [statement])
        }
    }

    /// The parent has the same with the partition key behind it.
    private func isShorterKey(_ index: RelationTraits.Index) -> Bool {
        guard let key = try? identifier(key) else { return false }
        let longer = [key.typed, key.sql].compactMap { KeyAppending.appending($0, to: index.body) }
        return parent.indexes.contains { $0.isUnique && longer.contains($0.body) }
    }

    private func foreignKeys() throws -> [TraitDifference] {
        try own.constraints.filter { key in
            key.kind == .foreignKey && !usual.foreignKeys.contains(key.condition)
                && !parent.constraints.contains { $0.kind == .foreignKey && $0.condition == key.condition }
        }.map { key in
            TraitDifference(
                trait: .foreignKey,
                message:
                    "\(own.label) has a foreign key that \(parent.label) has not, \(key.name): \(key.definition): its rows alone are refused, or go with those that they refer to",
                statements: ["ALTER TABLE \(try table) DROP CONSTRAINT \(try identifier(key.name))"])
        }
    }

    private func publications() throws -> [TraitDifference] {
        try own.publications.filter { publication in
            !usual.publications.contains(publication.name)
                && !parent.publications.contains { $0.name == publication.name }
        }.map { publication in
            TraitDifference(
                trait: .publication,
                message:
                    "\(own.label) is in the publication \(publication.name), and \(parent.label) is not: subscribers get the rows of this partition alone",
                statements: [
                    "ALTER PUBLICATION \(try identifier(publication.name)) DROP TABLE \(try table)"
                ])
        }
    }

    private func triggers() throws -> [TraitDifference] {
        try own.triggers.filter { trigger in
            !trigger.isInherited && !parent.triggers.contains { $0.name == trigger.name }
        }.map { trigger in
            TraitDifference(
                trait: .trigger, message: "the trigger \(trigger.name) fires on \(own.label) alone",
                statements: ["DROP TRIGGER \(try identifier(trigger.name)) ON \(try table)"])
        }
    }
}
