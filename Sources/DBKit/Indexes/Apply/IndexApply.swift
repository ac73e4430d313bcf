public import Operations
import Postgres

/// `dbctl index apply`: what the configuration declares is there afterwards; what else is there is only said, unless
/// somebody consents.
public struct IndexApply: Sendable {
    public var request: IndexRequest
    public var declared: [IndexSpecification]
    /// Also look for indexes of the declared tables that nobody declares.
    public var prunes = false

    public init(_ request: IndexRequest, declared: [IndexSpecification]) {
        self.request = request
        self.declared = declared
    }

    /// What ``run(dropping:)`` would do.
    public func plan() async throws -> IndexApplyReport {
        try await IndexSite.look(request) { connection in
            var report = IndexApplyReport(isDryRun: true)
            report.prunes = prunes
            let findings = try await PatientLook(request, connection).run { try self.findings(in: $0) }
            report.indexes = findings.map(\.change)
            if prunes { report.indexes += try await pruning(beside: report, through: connection).map(\.change) }
            return report
        }
    }

    /// What may be dropped of that which nobody declares.
    public enum Consent: Sendable {
        case none
        case all
        /// What somebody was shown: names with their schema, as ``IndexChange`` has them.
        case shown(Set<String>)
    }

    public func run(dropping consent: Consent) async throws -> IndexApplyReport {
        try await IndexSite.look(request) { connection in
            try await request.record(on: connection).keeping({ $0.counts }, failing: \.failure) {
                var report = IndexApplyReport(isDryRun: false)
                // All before the first is built: a declaration that cannot be read is found while nothing is done.
                let findings = try await PatientLook(request, connection).run { try self.findings(in: $0) }
                for (specification, found) in zip(declared, findings) {
                    guard found.change.state == .planned else {
                        report.indexes.append(found.change)
                        continue
                    }
                    await report.add(found.change) {
                        try await IndexCreate(request, specification).runUnrecorded().indexes.first
                    }
                }
                if prunes { try await prune(&report, consent, through: connection) }
                report.settle()
                return report
            }
        }
    }

    private func prune(
        _ report: inout IndexApplyReport, _ consent: Consent, through connection: Connection
    ) async throws {
        for (index, change) in try await pruning(beside: report, through: connection) {
            guard change.state == .undeclared, consent.covers(index) else {
                report.indexes.append(change)
                continue
            }
            await report.add(change) { try await dropped(index) }
        }
    }

    /// What nobody declares, with what is to become of it: it is dropped, or kept and why.
    private func pruning(
        beside report: IndexApplyReport, through connection: Connection
    ) async throws -> [(index: TableIndex, change: IndexChange)] {
        // On a table whose own indexes are not all there, what is there may be what its queries live on.
        let wanting = report.indexes.filter { [.failed, .differs].contains($0.state) }.map {
            typedName($0.schema, $0.table)
        }
        return try await undeclared(through: connection).map { index in
            if wanting.contains(index.tableLabel) {
                return (index, .kept(index, "not every declared index of \(index.tableLabel) is there"))
            }
            // What it forbids is a rule for the data, which no statistics of queries weigh.
            if index.definition.isUnique {
                let command = "dbctl index drop \(ShellWord.quoted(index.label)) --yes"
                return (index, .kept(index, "it is unique, a rule for the rows; `\(command)` drops it"))
            }
            return (index, try .undeclared(index))
        }
    }

    private func dropped(_ index: TableIndex) async throws -> IndexChange {
        try await IndexSite.with(request, table: index.quotedTable(), isRecorded: false) { site in
            try await IndexSite.awaitQuiet(site.table, request, site.connection)
            var change = try IndexChange.undeclared(index)
            // While this run waited for its turn, somebody may have dropped it, or made it something that is needed.
            guard let now = try await site.look({ try TableIndex.read(index: index.oid, in: $0) }) else {
                change.state = .skipped
                change.note = "somebody has dropped it meanwhile"
                return change
            }
            try now.refuseNeeded()
            try await IndexDropping(request: request, table: site.table).drop(now, through: site.connection)
            change.state = .dropped
            return change
        }
    }

    /// - Throws: `index.name_taken` for two declarations that want the same name.
    private func findings(in session: Session) throws -> [Finding] {
        let findings = try declared.map { try Finding($0, in: session) }
        let planned = zip(declared, findings).filter { $0.0.name != nil && $0.1.change.state == .planned }.map {
            typedName($0.1.change.schema, $0.1.change.name ?? "")
        }
        if let twice = planned.first(where: { name in planned.count { $0 == name } > 1 }) {
            throw Failure(
                .indexNameTaken, "two indexes are declared with the name \(twice)", detail: "Nothing was changed.",
                hint: "give one of them another name")
        }
        return findings
    }

    /// Of the declared tables: what is no declaration's, and what nothing needs.
    private func undeclared(through connection: Connection) async throws -> [TableIndex] {
        try await PatientLook(request, connection).run { session in
            let findings = try declared.map { try Finding($0, in: session) }
            let kept = Set(findings.flatMap(\.kept))
            let tables = Set(findings.compactMap(\.table))
            return try TableIndex.read(tables: tables.sorted(), in: session).filter {
                !kept.contains($0.oid) && (try? $0.refuseNeeded()) != nil
            }
        }
    }

    /// A declaration beside what is there.
    private struct Finding: Sendable {
        var change: IndexChange
        /// Indexes that stay for its sake.
        var kept: [Int64] = []
        var table: Int64?

        init(_ specification: IndexSpecification, in session: Session) throws {
            let table = try IndexedTable.read(specification.table, in: session)
            let survey = try IndexSurvey(specification, isForced: false, table: table, in: session)
            self.table = table.oid
            // Of a partitioned table, an index is only there when every partition has it, and has the same.
            let isComplete =
                try table.kind != .partitioned
                || PartitionSteps(PartitionTree.read(table, in: session), wanted: survey.wanted).isComplete
            change = IndexChange(schema: table.schema, table: table.name, name: specification.name, state: .planned)
            do throws(Failure) {
                switch try CreatePlan(survey.wanted, on: table, existing: survey.existing, taken: survey.taken) {
                case .equivalent(let found) where found.isUsable && isComplete:
                    change = .equivalent(found)
                    kept = [found.oid]
                case .equivalent(let found):
                    change.name = found.name
                    kept = [found.oid]
                case .covered(let wider):
                    change.state = .covered
                    change.note = "\(wider.name) serves the same: \(wider.text)"
                    kept = [wider.oid]
                case .rebuild(let broken):
                    change.name = broken.name
                    kept = [broken.oid]
                case .build(let name, let removing):
                    change.name = name
                    kept = removing.map(\.oid)
                }
            } catch {
                let holder = survey.existing.first { $0.name == specification.name }
                change.state = .differs
                change.note = holder.map { "it is \($0.text)" } ?? error.message
            }
            // Never pruned, whatever it is: its name was meant.
            kept += survey.existing.filter { $0.name == specification.name }.map(\.oid)
            if change.state == .covered, let taken = survey.existing.first(where: { $0.name == specification.name }) {
                change.state = .differs
                change.note = "it is \(taken.text)"
            }
            if change.state == .planned {
                change.estimateBytes = survey.estimate.bytes
                if let name = change.name {
                    change.statement =
                        try survey.body.statement(
                            table.kind == .partitioned ? .only : .concurrently, name: identifier(name), on: table.sql()
                        ).text
                }
            }
        }
    }
}

/// The result of `dbctl index apply`.
public struct IndexApplyReport: Sendable, Encodable, SeveralIndexes {
    public var isDryRun: Bool
    public var indexes: [IndexChange] = []
    /// Of a dry run: consent does all of it.
    public var prunes = false
    /// The first that went wrong; the others were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case indexes
    }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }
}

extension IndexApply.Consent {
    fileprivate func covers(_ index: TableIndex) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .shown(let names): names.contains("\(index.schema).\(index.name)")
        }
    }
}

extension IndexChange {
    /// `--prune` drops it.
    fileprivate static func undeclared(_ index: TableIndex) throws -> IndexChange {
        var change = IndexChange.equivalent(index)
        change.state = .undeclared
        change.statement = try index.dropStatement.text
        change.note = index.text
        return change
    }

    fileprivate static func kept(_ index: TableIndex, _ why: String) -> IndexChange {
        var change = IndexChange.equivalent(index)
        change.state = .kept
        change.note = why
        return change
    }
}
