import Operations
import Postgres

/// Makes a table a partition of the partitioned table that takes its name.
struct AttachSwap: SwapTransaction {
    let plan: ConvertPlan
    let conversion: Conversion
    let memory: AttachMemory

    var leaving: Int64 { conversion.source }
    var budget: Duration { plan.specification.maximumStall }
    var follower: Follower? { nil }
    private var table: ConvertedTable { plan.table }

    var isTargetPartitioned: Bool { true }
    var movesRows: Bool { false }
    var next: Conversion.State { .swapped }
    var exchanged: [Int64] { [leaving] }
    var locked: [SQLFragment] { get throws { [try table.sql()] } }

    func check(in session: Session) throws { try conversion.refuseAltered(in: session) }

    func exchange(_ dependents: [ConvertDependent], _ budget: SwapBudget, in session: Session) throws {
        let security = try rowSecurity(in: session)
        for dependent in dependents where !dependent.staysWithPartition {
            for statement in dependent.before { try budget.execute(catalog: statement, in: session) }
        }
        try identities(budget, in: session)
        try keys(budget, in: session)
        var memory = memory
        try rename(&memory, budget, in: session)
        let partition = try identifier(table.schema, memory.partition)
        let home = try identifier(conversion.schema)
        try budget.execute(
            "ALTER TABLE \(try table.sql()) RENAME TO \(try identifier(memory.partition))", in: session)
        for name in try statistics(conversion.target, in: session) {
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) SET SCHEMA \(home)", in: session)
        }
        try budget.execute(
            "ALTER TABLE \(try identifier(conversion.newSchema, conversion.name)) SET SCHEMA \(home)", in: session)
        try budget.execute(
            "ALTER TABLE \(try table.sql()) ATTACH PARTITION \(partition) FOR VALUES FROM (MINVALUE) TO (\(try literal(memory.upper)))",
            in: session)
        try budget.execute(
            "ALTER TABLE \(partition) DROP CONSTRAINT \(try identifier(AttachConversion.check))", in: session)
        for statement in try comments(in: session) { try budget.execute(statement, in: session) }
        for dependent in dependents {
            for statement in dependent.after { try budget.execute(catalog: statement, in: session) }
        }
        for statement in security { try budget.execute(statement, in: session) }
        try conversion.remember(memory, in: session)
    }

    /// Its longer keys are new, and what is said of a key is said of both.
    private func comments(in session: Session) throws -> [Query] {
        let traits = try RelationTraits.read([conversion.source, conversion.target], in: session)
        guard let own = traits[conversion.source], let parent = traits[conversion.target] else { return [] }
        return try Inheritance(of: own, from: parent, [.comment]).differences().flatMap(\.statements)
    }

    /// A partition has no identity of its own; since 17 ATTACH refuses one that has.
    private func identities(_ budget: SwapBudget, in session: Session) throws {
        let old = try IdentitySequence.read(conversion.source, in: session)
        let new = try IdentitySequence.read(conversion.target, in: session)
        for sequence in old {
            if let next = new.first(where: { $0.column == sequence.column }) {
                try next.goOn(from: sequence, in: session, timeout: budget.left())
            }
            try budget.execute(
                "ALTER TABLE \(try table.sql()) ALTER COLUMN \(try identifier(sequence.column)) DROP IDENTITY",
                in: session)
        }
    }

    /// Constraints of the indexes that were prepared. The primary key gives way to the longer one; other unique keys stay
    /// beside theirs, and go on holding within the partition.
    private func keys(_ budget: SwapBudget, in session: Session) throws {
        for prepared in PreparedIndex.all(plan) where prepared.purpose == .extended {
            guard let constraint = prepared.original.constraint else { continue }
            let index = try identifier(prepared.name)
            if prepared.original.isPrimary {
                try budget.execute(
                    "ALTER TABLE \(try table.sql()) DROP CONSTRAINT \(try identifier(constraint))", in: session)
            }
            let kind: SQLFragment = prepared.original.isPrimary ? "PRIMARY KEY" : "UNIQUE"
            // Renamed with all others in a moment.
            try budget.execute(
                "ALTER TABLE \(try table.sql()) ADD CONSTRAINT \(index) \(kind) USING INDEX \(index)\(Self.deferral(prepared.original))",
                in: session)
            if prepared.original.isReplicaIdentity, prepared.original.isPrimary {
                try budget.execute("ALTER TABLE \(try table.sql()) REPLICA IDENTITY USING INDEX \(index)", in: session)
            }
        }
    }

    private static func deferral(_ index: ConvertedTable.Index) -> SQLFragment {
        guard let text = index.constraintText, text.contains(" DEFERRABLE") else { return "" }
        return text.contains(" INITIALLY DEFERRED") ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE"
    }

    /// The partitioned table brings the names along that the table's indexes and statistics had.
    private func rename(_ memory: inout AttachMemory, _ budget: SwapBudget, in session: Session) throws {
        let schema = try identifier(table.schema)
        let indexes = try session.rows(
            "SELECT i.indexrelid::bigint AS oid, c.relname AS name FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = \(conversion.source)::bigint::oid ORDER BY c.relname"
        ).map { (oid: try $0.value("oid", as: Int64.self), name: try $0.value("name", as: String.self)) }
        let originals = Dictionary(
            PreparedIndex.all(plan).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for index in indexes {
            memory.names[String(index.oid)] = index.name
            var next = try AttachCut.name(index.name)
            if let prepared = originals[index.name] {
                let name = prepared.original.constraint ?? prepared.original.name
                let suffix =
                    prepared.original.isPrimary && prepared.purpose == .extended
                    ? "_pmin" : "_pmin_\(prepared.purpose.rawValue)"
                next = try AttachCut.name(name, suffix)
            }
            try budget.execute(
                "ALTER INDEX \(schema).\(try identifier(index.name)) RENAME TO \(try identifier(next))", in: session)
        }
        for name in try statistics(conversion.source, in: session) {
            memory.names[String(name.oid)] = name.name
            try budget.execute(
                "ALTER STATISTICS \(try identifier(name.schema, name.name)) RENAME TO \(try identifier(AttachCut.name(name.name)))",
                in: session)
        }
    }
}

extension ConvertDependent {
    /// The partition keeps its own, and its parent gets the like.
    var staysWithPartition: Bool { kind == .policy || kind == .foreignKey || kind == .view }
}
