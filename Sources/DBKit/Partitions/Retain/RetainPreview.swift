import Operations
import Postgres

/// What a dry run says of one set: each partition that would go, with the exact statements, and whatever would keep the
/// run from it.
struct RetainPreview {
    private(set) var partitions: [RetainedPartition] = []
    private(set) var notes: [String]
    private(set) var failure: Failure?

    init(_ survey: RetainSurvey, archiving: (any PartitionArchiving)?, in session: Session) throws {
        notes = survey.plan.notes
        let oids = survey.plan.expired.map(\.oid) + survey.unfinished.map(\.oid)
        let facts = try RetainFacts.read(oids + survey.plan.pending.map(\.oid), in: session)
        for partition in survey.plan.pending {
            var entry = RetainedPartition(partition, survey, facts[partition.oid], state: .planned)
            entry.statements = [
                "ALTER TABLE \(survey.table.typed) DETACH PARTITION \(partition.typed) FINALIZE"
            ]
            entry.note = "an interrupted DETACH left it half detached: that is finished first"
            partitions.append(entry)
        }
        for table in survey.unfinished {
            var entry = RetainedPartition(table, survey, facts[table.oid], state: .planned)
            if table.mark.isExpired(survey.cut, key: survey.table.key.type) {
                entry.statements = try Self.ending(
                    table.sql(), comment: table.mark.comment, survey.expiry.action)
                entry.note = "an earlier run detached it"
            } else {
                entry.state = .kept
                entry.note = "an earlier run detached it, and it is not past keeping any more: it is left as it is"
            }
            partitions.append(entry)
        }
        for partition in survey.plan.expired {
            var entry = RetainedPartition(partition, survey, facts[partition.oid], state: .planned)
            let form: SQLFragment = survey.table.fallback == nil ? " CONCURRENTLY" : ""
            let detach: Query = "ALTER TABLE \(try survey.table.sql()) DETACH PARTITION \(try partition.sql())\(form)"
            entry.statements = [detach.text]
            if survey.expiry.action != .detach {
                entry.statements += try Self.ending(partition.sql(), comment: nil, survey.expiry.action)
            }
            partitions.append(entry)
        }
        explain(survey, archiving)
        do {
            try RetainGuards(survey: survey, facts: facts, session: session).check()
            if survey.expiry.action == .archive, !survey.isEmpty, archiving == nil {
                throw PartitionRetain.noArchive(survey.table.label)
            }
        } catch let refusal as Failure { failure = refusal }
    }

    private static func ending(
        _ relation: SQLFragment, comment: String?, _ action: PartitionDeclaration.Expiry
    ) throws -> [String] {
        guard action != .detach else { return [try MarkedTable.commenting(relation, comment).text] }
        return [("DROP TABLE \(relation)" as Query).text]
    }

    private mutating func explain(_ survey: RetainSurvey, _ archiving: (any PartitionArchiving)?) {
        guard !survey.plan.expired.isEmpty || !survey.unfinished.isEmpty else { return }
        if let fallback = survey.table.fallback, !survey.plan.expired.isEmpty {
            notes.append(
                "\(fallback.label) is a default partition: each DETACH locks all of \(survey.table.label) for a moment, in tries of \(BoundedLock.patience.spelled)"
            )
        }
        if survey.expiry.action == .archive, let archiving {
            notes.append("\(survey.table.label): before each DROP \(archiving.sentence)")
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
            lower: range?.lower == .minimum ? nil : range?.lower.text(key), upper: range?.upper.text(key),
            action: survey.expiry.action, state: state, rowEstimate: facts?.rowEstimate ?? 0,
            sizeBytes: facts?.sizeBytes ?? 0, statements: [], oid: partition.oid)
    }

    init(_ table: MarkedTable, _ survey: RetainSurvey, _ facts: RetainFacts?, state: State) {
        self.init(
            schema: table.schema, table: survey.table.label, name: table.name, lower: table.mark.lower,
            upper: table.mark.upper, action: survey.expiry.action, state: state, rowEstimate: facts?.rowEstimate ?? 0,
            sizeBytes: facts?.sizeBytes ?? 0, statements: [], oid: table.oid)
    }
}

extension RetainedTable {
    init(_ survey: RetainSurvey, error: Failure?) {
        self.init(
            table: survey.table.label, keep: survey.expiry.keep?.description, action: survey.expiry.action,
            cut: survey.cut?.value.text(for: survey.table.key.type),
            expired: survey.plan.expired.count + survey.unfinished.count, error: error?.code.name)
    }

    init(_ expiry: PartitionExpiry, _ failure: Failure) {
        self.init(
            table: expiry.table, keep: expiry.keep?.description, action: expiry.action, cut: nil, expired: 0,
            error: failure.code.name)
    }
}
