import Operations
import Postgres

/// One declared set, under its lock: first what an interrupted run left is gone, then what is missing is made, what is
/// written to soonest first.
struct SetMaintenance: Sendable {
    let site: PartitionSite
    let declaration: PartitionDeclaration
    let drainsDefault: Bool
    let most: Int

    private var request: PartitionRequest { site.request }

    /// - Throws: What keeps the whole set from being maintained; what concerns one partition goes into `failures`.
    func run(
        _ table: PartitionedTable, _ report: inout PartitionEnsureReport, _ failures: inout SetFailures
    ) async throws {
        try table.requireOwner()
        let (changes, failure) = try await site.locked(table.oid, table.label) { lock in try await maintain(table, lock)
        }
        let created = changes.count { $0.state == .created || $0.state == .drained }
        report.partitions += changes
        report.created += created
        if let failure { failures.add(table.label, failure) }
        do {
            // As it is now.
            let after = try await read(table)
            if drainsDefault, failure == nil, let note = try await undrained(after) { report.notes.append(note) }
            report.sets.append(
                PartitionSetOutcome(after, created: created, missing: after.plan.missing.count, error: failure))
        } catch {
            // A lost connection must not take with it what was done before.
            guard let failure else { throw error }
            report.sets.append(.failed(table.label, failure, created: created))
        }
    }

    /// That rows are left in the default partition for which no partition is made.
    private func undrained(_ survey: PartitionSurvey) async throws -> String? {
        guard let fallback = survey.table.fallback else { return nil }
        let column = try identifier(survey.table.key.column)
        let isLeft: Bool = try await site.connection.run { session in
            try session.row("SELECT EXISTS (SELECT FROM \(try fallback.sql()) WHERE \(column) IS NOT NULL) AS is_left")
                .value("is_left")
        }
        guard isLeft else { return nil }
        return
            "rows are left in \(fallback.label) for which no partition is declared; dbctl partition verify --table \(survey.table.quoted) says what helps"
    }

    private func read(_ table: PartitionedTable) async throws -> PartitionSurvey {
        try await site.connection.run { session in
            try PartitionSurvey.read(again: declaration, table, request, in: session)
        }
    }

    private func maintain(
        _ table: PartitionedTable, _ lock: JobLock
    ) async throws -> ([PartitionChange], Failure?) {
        // While this run waited for the lock, another one may have done it all.
        var survey = try await read(table)
        if try await clean(survey) { survey = try await read(table) }
        try refuse(survey)
        var changes: [PartitionChange] = []
        var first: Failure?
        for wanted in survey.plan.missing.prefix(most) {
            try await lock.check()
            do {
                changes.append(try await make(wanted, survey))
            } catch {
                let failure = Failure(describing: error)
                guard !failure.endsAll else { throw failure }
                changes.append(PartitionChange(survey, wanted, .failed, note: failure.message))
                // What was made stays; the rest would meet the same.
                guard failure.category == .guarded else { return (changes, failure) }
                first = first ?? failure
            }
        }
        return (changes, first ?? survey.blocked)
    }

    /// Whatever refuses or costs writes goes first. A table that is wanted is gone on with, see ``PartitionBirth``.
    private func clean(_ survey: PartitionSurvey) async throws -> Bool {
        let wanted = Set(survey.plan.missing.prefix(most).map(\.name))
        let doomed = survey.leftovers.filter { $0.kind != .table || $0.isDrained || !wanted.contains($0.name) }
        try await Leftover.drop(doomed, request, site.connection, of: survey.table)
        return !doomed.isEmpty
    }

    private func refuse(_ survey: PartitionSurvey) throws(Failure) {
        guard survey.plan.isEndless || survey.plan.missing.count > most else { return }
        throw survey.tooMany(most)
    }

    private func make(_ wanted: PartitionSetPlan.Wanted, _ survey: PartitionSurvey) async throws -> PartitionChange {
        let birth = PartitionBirth(
            request: request, connection: site.connection, table: survey.table, range: wanted.range, name: wanted.name,
            sibling: survey.sibling(of: wanted.range))
        let stray = try await strayRows(birth.check, survey)
        if let stray, !drainsDefault { throw stray.refusal(birth.check, survey.table) }
        do {
            if stray != nil, let fallback = survey.table.fallback {
                let rows = try await DefaultDrain(
                    request: request, connection: site.connection, birth: birth, fallback: fallback
                ).run()
                return PartitionChange(survey, wanted, .drained, rows: rows)
            }
            _ = try await birth.create()
            let attachment = PartitionAttachment(
                request: request, connection: site.connection, table: survey.table, check: birth.check,
                child: try birth.sql())
            try await attach(attachment, wanted, survey)
            return PartitionChange(survey, wanted, .created)
        } catch {
            let left = await AbortedPartition(request: request, table: survey.table, check: birth.check).clean()
            throw Failure(describing: error).leaving(left, survey.table)
        }
    }

    private func attach(
        _ attachment: PartitionAttachment, _ wanted: PartitionSetPlan.Wanted, _ survey: PartitionSurvey
    ) async throws {
        var attachment = attachment
        attachment.stopsWriters = wanted.isNear && survey.table.fallback != nil
        attachment.isFallbackChecked = try await checkFallback(attachment.check, wanted, survey)
        switch try await attachment.run() {
        case .attached: return
        case .taken(let other):
            throw attachment.overlap(other)
        case .stray:
            let stray = try await strayRows(attachment.check, survey)
            throw (stray ?? StrayRows(count: 0, least: "", greatest: "")).refusal(attachment.check, survey.table)
        }
    }

    /// Of a range in which nobody writes yet, and a default partition that takes its time to be read.
    private func checkFallback(
        _ check: RangeCheck, _ wanted: PartitionSetPlan.Wanted, _ survey: PartitionSurvey
    ) async throws -> Bool {
        guard let fallback = survey.table.fallback,
            try await site.connection.run({ session in
                try FallbackCheck.isWorthIt(fallback, isNear: wanted.isNear, in: session)
            })
        else { return false }
        let helper = FallbackCheck(
            request: request, connection: site.connection, table: survey.table, fallback: fallback, check: check)
        try await helper.add()
        // A row may have come between the look and the CHECK.
        if let stray = try await strayRows(check, survey) { throw stray.refusal(check, survey.table) }
        try await helper.validate()
        return true
    }

    private func strayRows(_ check: RangeCheck, _ survey: PartitionSurvey) async throws -> StrayRows? {
        guard let fallback = survey.table.fallback else { return nil }
        return try await site.connection.run { session in try StrayRows.find(in: fallback, check, session: session) }
    }
}

extension Failure {
    /// Nothing is gone on with: a signal, or a bug.
    var endsAll: Bool { category == .interrupted || category == .terminated || category == .bug }

    /// With what is left behind, which a code that says that nothing was changed would hide.
    fileprivate func leaving(_ left: [Leftover], _ table: PartitionedTable) -> Failure {
        guard !left.isEmpty, !endsAll else { return self }
        var failure = self
        failure.add(
            detail: left.map { "\($0.sentence)." }.joined(separator: "\n") + "\nThe next run removes that first.")
        failure.hint =
            (hint.map { "\($0)\n" } ?? "")
            + "dbctl partition ensure --table \(table.quoted) removes what is left"
        (failure.code, failure.category) = (.partitionPartial, .partial)
        return failure
    }
}
