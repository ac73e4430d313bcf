import Operations
import Postgres

extension PartitionSurvey {
    /// A free piece ahead that is no whole range: nothing can be made of it, and rows will be refused there.
    var blocked: Failure? {
        guard let piece = plan.pieces.first(where: \.isAhead) else { return outlier.map(far) }
        let text = piece.range.text(scheme.key)
        if let beside = piece.beside, beside.isDetachPending {
            return Failure(
                .partitionOverlap,
                "\(beside.label) is half detached from \(table.label): rows of \(text) are refused, and no other partition can take them",
                detail: "Nothing was changed there.",
                hint:
                    "ALTER TABLE \(table.typed) DETACH PARTITION \(beside.typed) FINALIZE, then run the same command again"
            )
        }
        return Failure(
            .partitionOverlap,
            "\(text) of \(table.label) has no partition, and is no whole range of \(declaration.step)\(piece.beside.map { ": \($0.label) has other bounds" } ?? "")",
            detail: "Nothing was made there: no partition of dbctl's has other bounds than its step.",
            hint: (try? filling(piece)).map { "by hand: \($0)" }
        )
    }

    /// The statement that makes a partition of a piece that is no range of the scheme, under a name that none has.
    func filling(_ piece: PartitionSetPlan.Piece) throws -> String {
        let taken = Set(table.partitions.map(\.name))
        let place = plan.pieces.firstIndex { $0.range == piece.range } ?? 0
        let stem = Identifier.cut(table.name, to: 50)
        let free = (1...).lazy.map { "\(stem)_piece\($0)" }.filter { !taken.contains($0) }
        let name = free.dropFirst(place).first { _ in true } ?? stem
        let values = try RangeCheck(key: table.key, range: piece.range).values.statement
        return "CREATE TABLE \(try identifier(table.schema, name).typed) PARTITION OF \(table.typed) \(values)"
    }

    private func far(_ outlier: Int64) -> Failure {
        Failure(
            .partitionStrayRows,
            "\(table.fallback?.label ?? "the default partition") holds \(table.key.column) = \(outlier), more than \(PartitionSetPlan.most) partitions ahead of all else in \(table.label): it is taken for a mistake",
            detail: "Partitions are made for what lies below it; the row is where it was.",
            hint:
                "correct or delete it (SELECT * FROM \(table.typed) WHERE \((try? identifier(table.key.column).typed) ?? table.key.column) = \(outlier)), and run dbctl partition ensure again"
        )
    }

    func tooMany(_ most: Int) -> Failure {
        let oldest = plan.missing.map(\.range.lower).min()?.text(scheme.key) ?? ""
        return Failure(
            .partitionTooMany,
            "\(table.label) lacks more than \(most) partitions\(plan.isEndless ? "" : " (\(plan.missing.count))"), from \(oldest) on",
            detail: "Nothing was changed. A partition far in the past makes everything behind it a gap.",
            hint:
                "dbctl partition list --table \(table.quoted) shows it; dbctl partition ensure --most N fills that many all the same"
        )
    }

    /// The newest ordinary partition below a range, else any: it says what storage parameters there are.
    func sibling(of range: PartitionRange) -> Int64? {
        let tables = table.partitions.filter { $0.kind == .table && $0.bounds.range != nil }
        return (tables.last { ($0.bounds.range?.upper ?? .maximum) <= range.lower } ?? tables.first)?.oid
    }
}

extension StrayRows {
    func refusal(_ check: RangeCheck, _ table: PartitionedTable) -> Failure {
        Failure(
            .partitionStrayRows,
            "\(count) rows of \(check.text) lie in the default partition of \(table.label), from \(least) to \(greatest)",
            detail: "The partition for them was not created; the rows are where they were.",
            hint:
                "dbctl partition ensure --table \(table.quoted) --drain-default moves them without stopping readers; dbctl partition plan --drain-default shows how much that is"
        )
    }
}

extension PartitionChange {
    init(
        _ survey: PartitionSurvey, _ wanted: PartitionSetPlan.Wanted, _ state: State, rows: Int64? = nil,
        note: String? = nil
    ) {
        self.init(
            schema: survey.table.schema, table: survey.table.label, name: wanted.name,
            lower: wanted.range.lower.stamp(survey.scheme.key), upper: wanted.range.upper.stamp(survey.scheme.key),
            state: state, rows: rows, note: note)
    }
}
