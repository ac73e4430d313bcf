import Operations
import Postgres

/// The partitions of a partitioned table that nobody uses yet. Without the care that those of a table in use need
/// (``PartitionBirth``): no lock on it stops anybody.
struct TargetPartitions: Sendable {
    let request: PartitionRequest
    let target: Int64
    /// Quoted.
    let parent: SQLFragment
    /// Where they lie from the beginning, so that they need not be moved in the swap.
    let schema: String
    /// The table's, as it is part of theirs.
    let table: String
    /// Whose storage parameters, grants and policies they get.
    let source: Int64
    let scheme: PartitionScheme

    var label: String { "\(schema).\(table)" }

    /// Makes sure that there is a partition for everything between two values, and for all between them and those that
    /// there are.
    ///
    /// - Returns: What is covered now, without gaps.
    /// - Throws: `partition.convert_rows` for rows that no range takes; `partition.name_taken`.
    func cover(_ ends: KeyEnds, through connection: Connection) async throws -> PartitionRange {
        guard ends.nulls == 0 else {
            throw rows("\(ends.nulls) rows have no value in it, and would lie in no partition")
        }
        let present = try await connection.run { try existing(in: $0) }
        var values = present.compactMap { if case .value(let value) = $0.lower { value } else { nil } }
        for text in [ends.smallest, ends.largest].compactMap({ $0 }) {
            guard let value = PartitionValue(text, key: scheme.key), scheme.range(containing: value) != nil else {
                throw rows("rows have \(text), and no range has that in it")
            }
            values.append(value)
        }
        guard let low = values.min(), let high = values.max() else {
            throw rows("the partitioned table has no partition")
        }
        let wanted = scheme.ranges(from: low, through: high, limit: ConvertPlan.mostPartitions + 1)
        guard wanted.count <= ConvertPlan.mostPartitions, let first = wanted.first, let last = wanted.last else {
            throw rows(
                "rows have \(ends.smallest ?? "") to \(ends.largest ?? ""), which takes more than \(ConvertPlan.mostPartitions) partitions"
            )
        }
        try await create(wanted.filter { !present.contains($0) }, through: connection)
        return PartitionRange(lower: first.lower, upper: last.upper)
    }

    func create(_ ranges: [PartitionRange], through connection: Connection) async throws {
        for range in ranges {
            try await connection.run { session in
                try session.transaction { try create(range, in: $0) }
            }
        }
    }

    /// - Throws: `partition.name_taken`
    func checkNames(_ ranges: [PartitionRange], in session: Session) throws {
        for range in ranges {
            let name = try name(of: range)
            let query = Query(embedded: PackageResources.partition_name_sql, binds: [schema, name])
            if let taken = try session.rows(query).first {
                throw Failure(
                    .partitionNameTaken,
                    "\(schema).\(name) is there already, \(try taken.value("kind", as: String.self)), and is no partition of \(label)",
                    detail:
                        "Its name is wanted for the partition from \(scheme.text(range.lower)) to \(scheme.text(range.upper)).",
                    hint: "rename it, or choose other names with --name")
            }
        }
    }

    func existing(in session: Session) throws -> [PartitionRange] {
        try session.rows(Query(embedded: PackageResources.partition_children_sql, binds: [[target]]))
            .compactMap { try Partition($0, key: scheme.key).bounds.range }
    }

    private func create(_ range: PartitionRange, in session: Session) throws {
        try checkNames([range], in: session)
        let name = try identifier(schema, name(of: range))
        let (lower, upper) = (try literal(scheme.text(range.lower)), try literal(scheme.text(range.upper)))
        try session.execute("CREATE TABLE \(name) PARTITION OF \(parent) FOR VALUES FROM (\(lower)) TO (\(upper))")
        let oid: Int64 = try session.row("SELECT pg_catalog.to_regclass(\(name.sql))::oid::bigint AS oid").value("oid")
        try mend(oid, in: session)
        let traits = try RelationTraits.read([oid, source], in: session)
        guard let child = traits[oid], let model = traits[source] else { return }
        try PolicyCopy(target: child, model: model, aside: Conversion.oldSchema(source)).run(in: session)
    }

    /// Makes all that there are again like the table.
    func mend(in session: Session) throws {
        let children = try session.rows(Query(embedded: PackageResources.partition_children_sql, binds: [[target]]))
            .map { try Partition($0, key: scheme.key).oid }
        for child in children { try mend(child, in: session) }
    }

    private func mend(_ partition: Int64, in session: Session) throws {
        let traits = try RelationTraits.read([partition, source, target], in: session)
        guard let own = traits[partition], let model = traits[source], let above = traits[target] else { return }
        for difference in try Inheritance(of: own, from: model, .ofSource).differences() {
            for statement in difference.statements { try session.execute(statement) }
        }
        // With the statistics that it has by now. Its indexes are its parent's.
        guard let dressed = try RelationTraits.read([partition], in: session)[partition] else { return }
        for difference in try Inheritance(of: dressed, from: above, [.replicaIdentity, .comment]).differences() {
            for statement in difference.statements { try session.execute(statement) }
        }
    }

    func name(of range: PartitionRange) throws -> String {
        do throws(SpellingProblem) {
            return try scheme.name(of: range, table: table)
        } catch {
            throw Failure(
                .partitionScheme, "\(label): \(error)", detail: "Nothing was changed.",
                hint: "choose other names with --name")
        }
    }

    private func rows(_ what: String) -> Failure {
        Failure(
            .partitionConvertRows, "\(label) cannot be cut by its key: \(what)",
            detail: "\(label) is as it was, and in use; the copy is kept.",
            hint: "correct those rows and run the same command again, or give it up with --undo")
    }
}

extension Set<TraitDifference.Trait> {
    /// What a partition has of the table that its parent takes the place of. Its columns, checks and indexes are its
    /// parent's.
    static let ofSource: Self = [
        .owner, .statisticsTarget, .columnStorage, .extendedStatistics, .storageParameter, .grant, .rowSecurity,
        .comment,
    ]
    /// What the partitioned table has of the table whose place it takes, before it does.
    static let beforeSwap: Self = [.owner, .statisticsTarget, .columnStorage, .replicaIdentity, .grant, .comment]
}

extension PartitionScheme {
    func text(_ bound: PartitionBound) -> String {
        switch bound {
        case .minimum: "MINVALUE"
        case .maximum: "MAXVALUE"
        case .value(let value): text(of: value)
        }
    }
}
