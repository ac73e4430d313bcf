import Postgres

/// What a partition has that its parent and the other partitions have not, and that makes it behave otherwise: a row that
/// is welcome everywhere else is refused there, or is lost with a crash. Pure.
///
/// Its own indexes and statistics are its own business; so is a CHECK of the partition key alone, which says again what
/// its bounds say.
struct Peculiarities {
    let own: RelationTraits
    let parent: RelationTraits
    /// The partition key's column.
    let key: String
    /// The storage parameters that most of the partitions have.
    let usualOptions: [String]

    init(of own: RelationTraits, among parent: RelationTraits, key: String, usualOptions: [String]) {
        self.own = own
        self.parent = parent
        self.key = key
        self.usualOptions = usualOptions
    }

    func differences() throws -> [TraitDifference] {
        try persistence() + storage() + notNull() + checks() + triggers()
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
        let missing = usualOptions.filter { !options.contains($0) }
        let usual = Set(usualOptions.map(Inheritance.name(of:)))
        let surplus = options.map(Inheritance.name(of:)).filter { !usual.contains($0) }
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
                    "\(own.label) has the storage parameters \(Inheritance.shown(options)), most partitions have \(Inheritance.shown(usualOptions))",
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
