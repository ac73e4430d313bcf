import Operations
import Postgres

/// One set, under its lock: first what interrupted runs have left is finished, then the partitions go that are past
/// keeping, the oldest first. What stops it leaves no hole: the newer ones stay.
struct SetRetention: Sendable {
    let site: PartitionSite
    let archiving: (any PartitionArchiving)?
    let maximumWait: Duration
    /// Which tables somebody has consented to; nil: all.
    let consented: Set<Int64>?

    private var request: PartitionRequest { site.request }
    private var connection: Connection { site.connection }

    /// What is done so far, also when it throws.
    func run(_ survey: RetainSurvey, _ done: inout [RetainedPartition]) async throws {
        let lock = try await site.lock(survey.table.oid, survey.table.label)
        do {
            try await retain(survey, lock, &done)
        } catch {
            await lock.release()
            throw error
        }
        await lock.release()
    }

    private func retain(_ seen: RetainSurvey, _ lock: JobLock, _ done: inout [RetainedPartition]) async throws {
        // While this run waited for the lock, another one may have done it all.
        var survey = try await again(seen)
        for marked in survey.stale { try await unmark(marked, "is not past keeping any more, and stays") }
        if !survey.plan.pending.isEmpty {
            for partition in survey.plan.pending where isConsented(partition.oid) {
                try await finalize(partition, survey, &done)
            }
            survey = try await again(survey)
        }
        let facts = try await check(survey)
        try await ArchiveReadiness(survey: survey, facts: facts, archiving: archiving).check()
        for marked in survey.unfinished where isConsented(marked.oid) {
            try await lock.check()
            try await finish(marked, survey, facts[marked.oid], isResumed: true, &done)
        }
        for partition in survey.plan.expired where isConsented(partition.oid) {
            try await lock.check()
            let mark = try await detach(partition, survey, facts[partition.oid], &done)
            try await finish(mark, survey, facts[partition.oid], isResumed: false, &done)
        }
    }

    private func isConsented(_ oid: Int64) -> Bool { consented?.contains(oid) ?? true }

    private func again(_ survey: RetainSurvey) async throws -> RetainSurvey {
        try await connection.run { [request] session in try survey.again(request, in: session) }
    }

    private func check(_ survey: RetainSurvey) async throws -> [Int64: RetainFacts] {
        try await connection.run { session in
            let oids = survey.plan.expired.map(\.oid) + survey.unfinished.map(\.oid)
            let facts = try RetainFacts.read(oids, in: session)
            try RetainGuards(survey: survey, facts: facts, session: session).check()
            return facts
        }
    }

    private func detachment(_ partition: Partition, _ survey: RetainSurvey) -> PartitionDetachment {
        PartitionDetachment(
            request: request, connection: connection, maximumWait: maximumWait, table: survey.table,
            partition: partition)
    }

    /// One of ours goes on as ``RetainSurvey/unfinished``.
    private func finalize(
        _ partition: Partition, _ survey: RetainSurvey, _ done: inout [RetainedPartition]
    ) async throws {
        try await connection.run { session in try LiveDetach.refuse(partition, of: survey.table, in: session) }
        try await detachment(partition, survey).finalize()
        request.onEvent(.cleaned("\(partition.label): finished the DETACH that was interrupted"))
        let isOurs = try await connection.run { session in
            try MarkedTable.find(of: survey.table, in: session).contains { $0.oid == partition.oid }
        }
        guard !isOurs else { return }
        var entry = RetainedPartition(partition, survey, nil, state: .finalized)
        entry.statements = [
            try DetachStatements(table: survey.table, partition: partition).finalize.text
        ]
        entry.note = "somebody else had begun to detach it; it is a table of its own now, and stays"
        done.append(entry)
    }

    private func detach(
        _ partition: Partition, _ survey: RetainSurvey, _ facts: RetainFacts?, _ done: inout [RetainedPartition]
    ) async throws -> MarkedTable {
        let detachment = detachment(partition, survey)
        let mark = RetainMark(
            partition, of: survey.table, action: survey.expiry.action, run: request.run.id, at: request.clock.now)
        do {
            try await detachment.run(mark)
        } catch {
            var entry = RetainedPartition(partition, survey, facts, state: .failed)
            entry.note = Failure(describing: error).message
            done.append(entry)
            throw error
        }
        return MarkedTable(
            oid: partition.oid, schema: partition.schema, name: partition.name, isAttached: false, mark: mark)
    }

    /// What becomes of a detached table: by what the set says now, whatever it said when the table was detached.
    private func finish(
        _ table: MarkedTable, _ survey: RetainSurvey, _ facts: RetainFacts?, isResumed: Bool,
        _ done: inout [RetainedPartition]
    ) async throws {
        var entry = RetainedPartition(table, survey, facts, state: .detached)
        guard table.mark.isExpired(survey.cut, key: survey.table.key.type) else {
            entry.state = .kept
            entry.note =
                "an earlier run detached it, and it is not past keeping any more: it is left as it is, for you to attach (\(try table.attaching(to: survey.table))) or to keep (COMMENT ON TYPE \(table.typed) IS NULL)"
            done.append(entry)
            return
        }
        let retirement = Retirement(
            site: site, archiving: archiving, table: table, parent: survey.table, leaves: facts?.leaves ?? [],
            isResumed: isResumed)
        do {
            try await retirement.run(survey.expiry.action, &entry)
            done.append(entry)
        } catch {
            entry.state = .failed
            let failure = try detachedOnly(error, table, survey)
            entry.note = failure.message
            done.append(entry)
            throw failure
        }
    }

    private func unmark(_ table: MarkedTable, _ why: String) async throws {
        try await connection.run { session in try table.replaceMark(with: nil, in: session) }
        request.onEvent(.cleaned("\(table.label) \(why): took the mark of an interrupted run away"))
    }

    /// What went wrong once it was detached is half done, whatever it was.
    private func detachedOnly(_ error: any Error, _ table: MarkedTable, _ survey: RetainSurvey) throws -> Failure {
        var failure = Failure(describing: error)
        guard failure.category != .partial, failure.category != .bug else { return failure }
        let left =
            "Its rows are all in \(table.label), which is a table of its own now: queries of \(survey.table.label) do not see them."
        guard !failure.endsAll else {
            failure.add(detail: "\(table.label) is detached. \(left) The same command goes on with it.")
            return failure
        }
        failure.message =
            "\(table.label) was detached and not \(survey.expiry.action == .archive ? "archived" : "dropped"): \(failure.message)"
        failure.add(detail: left)
        failure.hint = [
            failure.hint, "run the same command again: it goes on",
            "or make it a partition again: \(try table.attaching(to: survey.table))",
        ].compactMap(\.self).joined(separator: "\n")
        (failure.code, failure.category) = (.partitionDetached, .partial)
        return failure
    }
}
