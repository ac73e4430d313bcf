import Operations
import Postgres

/// What `plan` says of one set: the partitions, the statements, and what they will cost whom.
struct PartitionPreview {
    let survey: PartitionSurvey
    let drainsDefault: Bool
    let most: Int

    private var table: PartitionedTable { survey.table }

    func add(
        to report: inout PartitionEnsureReport, _ failures: inout SetFailures, in session: Session
    ) throws {
        guard !survey.plan.isEndless, survey.plan.missing.count <= most else { throw survey.tooMany(most) }
        var failure = survey.blocked
        var isDraining = false
        let parent = try survey.plan.missing.isEmpty ? nil : RelationTraits.read(table.oid, in: session)
        for wanted in survey.plan.missing {
            let check = RangeCheck(key: table.key, range: wanted.range)
            let stray = try table.fallback.flatMap { try StrayRows.find(in: $0, check, session: session) }
            if let refusal = try refusal(wanted, check, stray, in: session) {
                report.partitions.append(
                    PartitionChange(survey, wanted, .failed, rows: stray?.count, note: refusal.message))
                failure = failure ?? refusal
                continue
            }
            let note = stray.map {
                "\($0.count) rows, from \($0.least) to \($0.greatest), are moved here out of the default partition"
            }
            report.partitions.append(PartitionChange(survey, wanted, .planned, rows: stray?.count, note: note))
            if stray != nil { isDraining = true }
            if let parent {
                report.statements += try statements(wanted, check, parent, isDrained: stray != nil, in: session)
            }
        }
        if !survey.plan.missing.isEmpty { report.notes += try notes(in: session) }
        if isDraining, let fallback = table.fallback {
            report.notes.append(
                "while rows are moved, a trigger \(DrainQueue.trigger) on \(fallback.label) notes in a table of its own what is written to them; both are gone before ATTACH"
            )
        }
        for leftover in survey.leftovers {
            report.notes.append("\(leftover.sentence); that is removed first")
        }
        report.sets.append(
            PartitionSetOutcome(survey, created: 0, missing: survey.plan.missing.count, error: failure))
        if let failure { failures.add(table.label, failure) }
    }

    /// What `ensure` would meet.
    private func refusal(
        _ wanted: PartitionSetPlan.Wanted, _ check: RangeCheck, _ stray: StrayRows?, in session: Session
    ) throws -> Failure? {
        if let stray, !drainsDefault { return stray.refusal(check, table) }
        do {
            if stray != nil, let fallback = table.fallback { _ = try DrainColumns.read(table, fallback, in: session) }
            if try !survey.leftovers.contains(where: { try $0.isBegun(wanted.name, check, of: table) }) {
                try PartitionBirth.refuseTaken(wanted.name, for: check, table, in: session)
            }
            return nil
        } catch let failure as Failure { return failure }
    }

    private func statements(
        _ wanted: PartitionSetPlan.Wanted, _ check: RangeCheck, _ parent: RelationTraits, isDrained: Bool,
        in session: Session
    ) throws -> [String] {
        let birth = BirthStatements(
            table: table, check: check, name: wanted.name, sibling: survey.sibling(of: wanted.range))
        let child = try birth.child()
        var all = try birth.creation(parent, in: session) + birth.dressing(parent, in: session)
        // Rows that are moved are looked at one by one.
        let checked = try table.fallback.flatMap { fallback in
            try !isDrained && FallbackCheck.isWorthIt(fallback, isNear: wanted.isNear, in: session) ? fallback : nil
        }
        if let checked {
            all += try FallbackCheck.adding(check, to: checked, of: table) + [FallbackCheck.validating(checked)]
        }
        all.append(try BirthStatements.attaching(child, to: table, check))
        all.append(try BirthStatements.cleaning(child))
        if let checked { all.append(try FallbackCheck.cleaning(checked)) }
        return all.map(\.text)
    }

    private func notes(in session: Session) throws -> [String] {
        var notes: [String] = []
        if let fallback = table.fallback {
            let bytes = try fallback.sizeBytes(in: session)
            notes.append(
                "\(fallback.label) is the default partition (\(bytes) bytes): each ATTACH locks it for a moment, in tries of \(BoundedLock.patience.spelled) for as long as --wait allows"
            )
            if bytes >= FallbackCheck.smallest {
                notes.append(
                    "partitions of the next step are compared with its rows under that lock; those further away by a CHECK beforehand, which refuses their rows until ATTACH"
                )
            }
        }
        if !table.referenced.isEmpty {
            notes.append(
                "\(table.label) has foreign keys: each ATTACH locks \(table.referenced.joined(separator: ", ")) against writes for a moment"
            )
        }
        return notes
    }
}
