import Operations
import Postgres

/// Makes a partition the table again that it was, with all rows that were written to other partitions since.
struct AttachUndo: SwapTransaction {
    let conversion: Conversion
    let memory: AttachMemory
    let budget: Duration

    var leaving: Int64 { conversion.target }
    var follower: Follower? { nil }
    private var place: SQLFragment {
        get throws(PostgresError) { "\(try identifier(conversion.schema, conversion.name))" }
    }
    private var partition: SQLFragment {
        get throws(PostgresError) { "\(try identifier(conversion.schema, memory.partition))" }
    }

    var isTargetPartitioned: Bool { false }
    var movesRows: Bool { true }
    var next: Conversion.State { .undone }
    var exchanged: [Int64] { [leaving] }
    var locked: [SQLFragment] { get throws { [try place] } }

    func check(in session: Session) throws {
        let isAttached: Bool = try session.row(
            "SELECT count(*) > 0 AS is_attached FROM pg_catalog.pg_inherits WHERE inhrelid = \(conversion.source)::bigint::oid AND inhparent = \(leaving)::bigint::oid"
        ).value("is_attached")
        guard !isAttached else { return }
        throw Failure(
            .partitionConvertDrift,
            "\(conversion.schema).\(memory.partition), which the table was, is no partition of \(conversion.label) any more",
            detail: "\(conversion.label) is in use, partitioned.",
            hint:
                "attach it again, and run the same command again; or keep what is with \(conversion.command("--finish --yes"))"
        )
    }

    func exchange(_ dependents: [ConvertDependent], _ budget: SwapBudget, in session: Session) throws {
        let security = try rowSecurity(in: session)
        for dependent in dependents where ![.view, .foreignKey].contains(dependent.kind) {
            for statement in dependent.before { try budget.execute(catalog: statement, in: session) }
        }
        let sequences = try IdentitySequence.read(conversion.target, in: session)
        let names = try indexNames(in: session)
        try budget.execute("ALTER TABLE \(try place) DETACH PARTITION \(try partition)", in: session)
        let table = try ConvertedTable.read(conversion.source, in: session)
        let columns = try table.written.map { "\(try identifier($0.name))" as SQLFragment }.joined(separator: ", ")
        try unbind(table, budget, in: session)
        try budget.execute(
            "INSERT INTO \(try partition) (\(columns)) OVERRIDING SYSTEM VALUE SELECT \(columns) FROM \(try place)",
            in: session)
        try giveWay(budget, in: session)
        try rename(names, budget, in: session)
        for sequence in sequences {
            try budget.execute(sequence.statement(on: place, schema: conversion.schema), in: session)
        }
        let new = try IdentitySequence.read(conversion.source, in: session)
        for sequence in try IdentitySequence.read(conversion.target, in: session) {
            guard let own = new.first(where: { $0.column == sequence.column }) else { continue }
            try own.goOn(from: sequence, in: session, timeout: budget.left())
        }
        for statement in try TargetCreation.mending(
            conversion.source, like: conversion.target, .backToTable, in: session)
        {
            try budget.execute(statement, in: session)
        }
        for statement in try TargetCreation.extras(
            of: conversion.target, on: conversion.source, in: conversion.schema, session)
        {
            try budget.execute(catalog: statement, in: session)
        }
        if memory.wasNullable {
            try budget.execute(
                "ALTER TABLE \(try place) ALTER COLUMN \(try identifier(conversion.key)) DROP NOT NULL", in: session)
        }
        for policy in try policies(in: session) {
            try budget.execute("DROP POLICY \(try identifier(policy)) ON \(try place)", in: session)
        }
        for dependent in dependents where dependent.kind != .foreignKey {
            for statement in dependent.after { try budget.execute(catalog: statement, in: session) }
        }
        for statement in security { try budget.execute(statement, in: session) }
    }

    /// The longer keys go, and the primary key is again what it was.
    private func unbind(_ table: ConvertedTable, _ budget: SwapBudget, in session: Session) throws {
        let prepared = memory.names.filter { PreparedIndex.isOurs($0.value, conversion.source) }
        var kept: String?
        for (oid, name) in prepared.sorted(by: { $0.value < $1.value }) {
            let now = try session.row(
                """
                SELECT c.relname AS name, (SELECT k.conname FROM pg_catalog.pg_constraint AS k WHERE k.conindid = c.oid
                                           AND k.conrelid = \(conversion.source)::bigint::oid AND k.contype IN ('p', 'u')) AS constraint
                FROM pg_catalog.pg_class AS c WHERE c.oid = \(oid)::bigint::oid
                """)
            let index: String = try now.value("name")
            guard !name.hasSuffix("_\(PreparedIndex.Purpose.kept.rawValue)") else {
                kept = index
                continue
            }
            if let constraint: String = try now.value("constraint") {
                try budget.execute(
                    "ALTER TABLE \(try partition) DROP CONSTRAINT \(try identifier(constraint))", in: session)
            } else {
                try budget.execute("DROP INDEX \(try identifier(conversion.schema, index))", in: session)
            }
        }
        guard let kept else { return }
        try budget.execute(
            "ALTER TABLE \(try partition) ADD CONSTRAINT \(try identifier(kept)) PRIMARY KEY USING INDEX \(try identifier(kept))",
            in: session)
    }

    private func giveWay(_ budget: SwapBudget, in session: Session) throws {
        let away = try identifier(conversion.newSchema)
        for name in try statistics(conversion.target, in: session) {
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) SET SCHEMA \(away)", in: session)
        }
        try budget.execute("ALTER TABLE \(try place) SET SCHEMA \(away)", in: session)
        try budget.execute("ALTER TABLE \(try partition) RENAME TO \(try identifier(conversion.name))", in: session)
    }

    /// What the parent's indexes are called, by the oids of the partition's own that are attached to them.
    private func indexNames(in session: Session) throws -> [String: String] {
        let rows = try session.rows(
            "SELECT i.indexrelid::bigint AS oid, c.relname AS name FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid JOIN pg_catalog.pg_class AS c ON c.oid = h.inhparent WHERE i.indrelid = \(conversion.source)::bigint::oid"
        )
        return try rows.reduce(into: [:]) { names, row in
            names[String(try row.value("oid", as: Int64.self))] = try row.value("name")
        }
    }

    /// The primary key's index bears the name that the one had which went with the constraint; it is the parent's. What came
    /// since has the name that its parent's has.
    private func rename(_ names: [String: String], _ budget: SwapBudget, in session: Session) throws {
        let primary: String? = try session.rows(
            "SELECT conname AS name FROM pg_catalog.pg_constraint WHERE conrelid = \(conversion.target)::bigint::oid AND contype = 'p'"
        ).first?.value("name")
        let indexes = try session.rows(
            "SELECT i.indexrelid::bigint AS oid, c.relname AS name, i.indisprimary AS is_primary FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = \(conversion.source)::bigint::oid"
        )
        for row in indexes {
            let name: String = try row.value("name")
            let isPrimary: Bool = try row.value("is_primary")
            let oid = String(try row.value("oid", as: Int64.self))
            let original = memory.names[oid] ?? names[oid]
            guard let wanted = isPrimary ? primary ?? original : original, wanted != name else { continue }
            try budget.execute(
                "ALTER INDEX \(try identifier(conversion.schema, name)) RENAME TO \(try identifier(wanted))",
                in: session)
        }
        for name in try statistics(conversion.source, in: session) {
            guard let original = memory.names[String(name.oid)], original != name.name else { continue }
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) RENAME TO \(try identifier(original))",
                in: session)
        }
    }

    private func policies(in session: Session) throws -> [String] {
        try session.rows(
            "SELECT polname AS name FROM pg_catalog.pg_policy WHERE polrelid = \(conversion.source)::bigint::oid"
        ).map { try $0.value("name") }
    }
}

extension Set<TraitDifference.Trait> {
    /// What a table gets of the partitioned one that it was a partition of. The rest came to its partitions as well.
    fileprivate static let backToTable: Self = [.owner, .grant, .comment, .extendedStatistics]
}
