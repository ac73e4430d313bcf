import Operations
import Postgres

/// What a dry run says of one set: each partition that would go, with the exact statements, and whatever would keep the
/// run from it.
struct RetainPreview: Sendable {
    let survey: RetainSurvey
    let facts: [Int64: RetainFacts]
    private(set) var partitions: [RetainedPartition] = []
    private(set) var notes: [String]
    var failure: Failure?

    init(
        _ survey: RetainSurvey, _ request: PartitionRequest, archiving: (any PartitionArchiving)?, in session: Session
    ) throws {
        self.survey = survey
        notes = survey.plan.notes
        let oids = (survey.plan.expired + survey.plan.pending).map(\.oid) + survey.unfinished.map(\.oid)
        facts = try RetainFacts.read(oids, in: session)
        for partition in survey.plan.pending { try add(pending: partition, in: session) }
        for table in survey.unfinished { try add(begun: table) }
        for partition in survey.plan.expired {
            let mark = RetainMark(
                partition, of: survey.table, action: survey.expiry.action, run: request.run.id, at: request.clock.now)
            try add(partition, mark)
        }
        explain(archiving)
        do {
            try RetainGuards(survey: survey, facts: facts, session: session).check()
        } catch let refusal as Failure { failure = failure ?? refusal }
    }

    private mutating func add(pending partition: Partition, in session: Session) throws {
        var entry = RetainedPartition(partition, survey, facts[partition.oid], state: .planned)
        do {
            try LiveDetach.refuse(partition, of: survey.table, in: session)
            entry.statements = [try DetachStatements(table: survey.table, partition: partition).finalize.text]
            entry.note = "an interrupted DETACH left it half detached: that is finished first"
        } catch let refusal as Failure {
            entry.state = .kept
            entry.note = refusal.message
            failure = failure ?? refusal
        }
        partitions.append(entry)
    }

    private mutating func add(begun table: MarkedTable) throws {
        var entry = RetainedPartition(table, survey, facts[table.oid], state: .planned)
        if table.mark.isExpired(survey.cut, key: survey.table.key.type) {
            entry.statements = try ending(table.sql())
            entry.note = "an earlier run detached it"
        } else {
            entry.state = .kept
            entry.note = "an earlier run detached it, and it is not past keeping any more: it is left as it is"
        }
        partitions.append(entry)
    }

    private mutating func add(_ partition: Partition, _ mark: RetainMark) throws {
        let statements = DetachStatements(table: survey.table, partition: partition)
        var entry = RetainedPartition(partition, survey, facts[partition.oid], state: .planned)
        entry.statements =
            [try statements.marking(mark).text, try statements.detach.text] + (try ending(partition.sql()))
        partitions.append(entry)
    }

    private func ending(_ relation: SQLFragment) throws -> [String] {
        guard survey.expiry.action != .detach else { return [try MarkedTable.marking(relation, nil).text] }
        return [MarkedTable.dropping(relation).text]
    }

    private mutating func explain(_ archiving: (any PartitionArchiving)?) {
        guard !survey.plan.expired.isEmpty || !survey.unfinished.isEmpty else { return }
        if let fallback = survey.table.fallback, !survey.plan.expired.isEmpty {
            notes.append(
                "\(fallback.label) is a default partition: each DETACH locks all of \(survey.table.label) for a moment, in tries of \(BoundedLock.patience.spelled)"
            )
        }
        if survey.expiry.action == .archive, let archiving {
            notes.append(
                "\(survey.table.label): before each DROP \(archiving.sentence); where they are is added to the comment of the row type"
            )
        }
    }
}

extension RetainPlan {
    /// What stays although somebody may wonder.
    var notes: [String] {
        spared.map { spared in
            switch spared.reason {
            case .last: "\(spared.partition.label) is past keeping, and stays: it is the last partition"
            case .strange:
                "\(spared.partition.label) stays: nobody knows how old its rows are (\(spared.partition.boundsText))"
            }
        }
    }
}

extension RetainedPartition {
    init(_ partition: Partition, _ survey: RetainSurvey, _ facts: RetainFacts?, state: State) {
        let key = survey.table.key.type
        let range = partition.bounds.range
        self.init(
            schema: partition.schema, table: survey.table.label, name: partition.name,
            lower: range?.lower == .minimum ? nil : range?.lower.stamp(key), upper: range?.upper.stamp(key),
            action: survey.expiry.action, state: state, rowEstimate: facts?.rowEstimate,
            sizeBytes: facts?.sizeBytes ?? 0, statements: [], oid: partition.oid)
    }

    init(_ table: MarkedTable, _ survey: RetainSurvey, _ facts: RetainFacts?, state: State) {
        let key = survey.table.key.type
        func stamp(_ text: String) -> String { PartitionValue(text, key: key)?.stamp(for: key) ?? text }
        self.init(
            schema: table.schema, table: survey.table.label, name: table.name, lower: table.mark.lower.map(stamp),
            upper: stamp(table.mark.upper), action: survey.expiry.action, state: state, rowEstimate: facts?.rowEstimate,
            sizeBytes: facts?.sizeBytes ?? 0, statements: [], oid: table.oid)
    }
}

extension RetainedTable {
    init(_ survey: RetainSurvey, error: Failure?) {
        let end = survey.cut.map { PartitionBound.value(min($0.value, $0.now)) }
        let pending = survey.plan.pending.filter { partition in
            guard let end, let range = partition.bounds.range else { return false }
            return range.upper <= end
        }
        self.init(
            table: survey.table.label, keep: survey.expiry.keep?.description, action: survey.expiry.action,
            cut: survey.cut?.value.stamp(for: survey.table.key.type),
            expired: survey.plan.expired.count + pending.count + survey.unfinished.count, error: error?.code.name)
    }

    init(_ expiry: PartitionExpiry, _ failure: Failure) {
        self.init(
            table: expiry.table, keep: expiry.keep?.description, action: expiry.action, cut: nil, expired: 0,
            error: failure.code.name)
    }
}
