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
            for found in try await connection.run({ session in try declared.map { try Finding($0, in: session) } }) {
                report.indexes.append(found.change)
            }
            if prunes { report.indexes += try await undeclared(through: connection).map(IndexChange.undeclared) }
            return report
        }
    }

    /// - Parameter dropping: Consent to drop what is undeclared.
    public func run(dropping: Bool) async throws -> IndexApplyReport {
        try await IndexSite.look(request) { connection in
            try await RunRecord(request: request, connection: connection).keeping({ $0.counts }) {
                var report = IndexApplyReport(isDryRun: false)
                for specification in declared {
                    let found = try await connection.run { session in try Finding(specification, in: session) }
                    guard found.change.state == .planned else {
                        report.indexes.append(found.change)
                        continue
                    }
                    await report.add(found.change) {
                        try await IndexCreate(request, specification).runUnrecorded().indexes.first
                    }
                }
                guard prunes else { return report }
                for index in try await undeclared(through: connection) {
                    guard dropping else {
                        report.indexes.append(.undeclared(index))
                        continue
                    }
                    await report.add(.undeclared(index)) { try await dropped(index) }
                }
                return report
            }
        }
    }

    private func dropped(_ index: TableIndex) async throws -> IndexChange {
        try await IndexSite.with(request, table: index.quotedTable(), isRecorded: false) { site in
            try await IndexSite.awaitQuiet(site.table, request, site.connection)
            try await IndexDropping(request: request, table: site.table).drop(index, through: site.connection)
            var change = IndexChange.undeclared(index)
            change.state = .dropped
            return change
        }
    }

    /// Of the declared tables: what is no declaration's, and what nothing needs.
    private func undeclared(through connection: Connection) async throws -> [TableIndex] {
        try await connection.run { session in
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
            change = IndexChange(schema: table.schema, table: table.name, name: specification.name, state: .planned)
            do throws(Failure) {
                switch try CreatePlan(survey.wanted, on: table, existing: survey.existing, taken: survey.taken) {
                case .equivalent(let found) where found.isUsable:
                    change = .equivalent(found)
                    kept = [found.oid]
                case .equivalent(let found):
                    change.name = found.name
                    kept = [found.oid]
                case .covered(let wider):
                    change.state = .covered
                    change.note = "\(wider.name) serves the same: \(wider.text)"
                    kept = [wider.oid]
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
            if change.state == .planned { change.estimateBytes = survey.estimate.bytes }
        }
    }
}

/// The result of `dbctl index apply`.
public struct IndexApplyReport: Sendable, Encodable {
    public var isDryRun: Bool
    public var indexes: [IndexChange] = []
    /// The first that went wrong; the others were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "is_dry_run"
        case indexes
    }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    var counts: [String: Int64] {
        Dictionary(grouping: indexes, by: \.state.rawValue).mapValues { Int64($0.count) }
    }

    /// One that fails is noted, and the next one is gone on with; not after a signal.
    fileprivate mutating func add(_ planned: IndexChange, _ body: () async throws -> IndexChange?) async {
        var change = planned
        guard failure?.category != .interrupted else { return }
        do {
            if let done = try await body() { change = done }
        } catch {
            let failed = Failure(describing: error)
            change.state = .failed
            change.note = failed.message
            failure = failure ?? failed
        }
        indexes.append(change)
    }
}

extension IndexChange {
    static func undeclared(_ index: TableIndex) -> IndexChange {
        var change = IndexChange.equivalent(index)
        change.state = .undeclared
        return change
    }
}
