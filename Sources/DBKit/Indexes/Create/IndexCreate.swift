import Foundation
import Operations
import Postgres

/// `dbctl index create`: an index that is wanted, built without stopping anybody, or the reason why not.
public struct IndexCreate: Sendable {
    public var request: IndexRequest
    public var specification: IndexSpecification
    /// Also when another index serves all that this one would.
    public var isForced = false

    public init(_ request: IndexRequest, _ specification: IndexSpecification) {
        self.request = request
        self.specification = specification
    }

    public func run() async throws -> IndexCreateReport {
        try await IndexSite.with(
            request, table: specification.table, counting: { ["created": $0.count(.created)] }, onSite)
    }

    /// For a run with several indexes, whose row in `dbctl.operations` is there already.
    func runUnrecorded() async throws -> IndexCreateReport {
        try await IndexSite.with(request, table: specification.table, isRecorded: false, onSite)
    }

    /// What ``run()`` would execute.
    public func plan() async throws -> IndexCreateReport {
        try await IndexSite.look(request) { connection -> IndexCreateReport in
            let table = try await connection.run { try IndexedTable.read(specification.table, in: $0) }
            let site = PatientLook(request, connection, at: [table.oid])
            let survey = try await site.run { try look(at: table, in: $0) }
            if table.kind == .partitioned {
                return try await site.run { try PartitionPlan(request, survey, in: $0).report }
            }
            switch try survey.plan {
            case .equivalent(let found): return survey.report(on: found, isDryRun: true)
            case .covered(let wider): throw survey.refusal(wider)
            case .build(let name, let removing):
                var report = try planned(survey, name, removing)
                report.notes = try await site.run { [request] in try survey.preview(in: $0, request) }
                return report
            case .rebuild(let broken):
                var change = IndexChange.equivalent(broken)
                change.state = .planned
                return IndexCreateReport(
                    isDryRun: true, indexes: [change], statements: [try broken.rebuildStatement.text])
            }
        }
    }

    private func planned(
        _ survey: IndexSurvey, _ name: String, _ removing: [TableIndex]
    ) throws -> IndexCreateReport {
        let create = try survey.body.statement(.concurrently, name: identifier(name), on: survey.table.sql()).text
        var change = IndexChange(schema: survey.table.schema, table: survey.table.name, name: name, state: .planned)
        change.statement = create
        change.estimateBytes = survey.estimate.bytes
        let drops = try removing.map { try $0.dropStatement.text }
        return IndexCreateReport(isDryRun: true, indexes: [change], statements: drops + [create])
    }

    private func onSite(_ site: IndexSite) async throws -> IndexCreateReport {
        try await IndexSite.awaitQuiet(site.table, request, site.connection)
        let survey = try await site.look { session in try look(at: site.table, in: session) }
        if site.table.kind == .partitioned {
            return try await PartitionedCreate(site: site, survey: survey).run()
        }
        switch try survey.plan {
        case .equivalent(let found): return survey.report(on: found, isDryRun: false)
        case .covered(let wider): throw survey.refusal(wider)
        case .rebuild(let broken):
            try await IndexRebuild(request: request, table: survey.table).run(broken)
            var change = IndexChange.equivalent(broken)
            change.state = .rebuilt
            return IndexCreateReport(isDryRun: false, indexes: [change])
        case .build(let name, let removing):
            do {
                try await site.look { [request] in try survey.check(in: $0, request) }
            } catch var failure as Failure where failure.category == .busy && !removing.isEmpty {
                failure.blame(removing)
                throw failure
            } catch { throw error }
            let build = ConcurrentBuild(
                request: request, survey: survey, table: survey.table, connection: site.connection)
            return IndexCreateReport(isDryRun: false, indexes: [try await build.run(name: name, removing: removing)])
        }
    }

    private func look(at table: IndexedTable, in session: Session) throws -> IndexSurvey {
        try IndexSurvey(specification, isForced: isForced, table: table, in: session)
    }
}

extension IndexChange {
    static func equivalent(_ found: TableIndex) -> IndexChange {
        var change = IndexChange(
            schema: found.tableSchema, table: found.tableName, name: found.name, state: .equivalent)
        change.statement = found.text
        change.sizeBytes = found.sizeBytes
        return change
    }
}

extension Failure {
    /// What an earlier run left is still there: 75 would say that all is well until the next try.
    fileprivate mutating func blame(_ leftovers: [TableIndex]) {
        code = .indexLeftover
        category = .partial
        for index in leftovers { add(detail: "\(index.harm).") }
    }
}
