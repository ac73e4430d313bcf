import Operations
import Postgres

/// `dbctl partition ensure`: every declared set has the partitions that it should have, and nobody was stopped for it.
public struct PartitionEnsure: Sendable {
    public var request: PartitionRequest
    public var declared: [PartitionDeclaration]
    /// Only this table, under whichever of its names.
    public var table: String?
    /// Move rows out of the default partition that belong to a new one.
    public var drainsDefault = false
    /// How many gaps one run fills, of each set.
    public var most = 1000

    public init(_ request: PartitionRequest, declared: [PartitionDeclaration]) {
        self.request = request
        self.declared = declared
    }

    /// What ``run()`` would do.
    public func plan() async throws -> PartitionEnsureReport {
        try await PartitionSite.look(request) { connection in
            let findings = try await survey(connection)
            return try await connection.run { session in
                var report = PartitionEnsureReport(isDryRun: true)
                var failures = SetFailures()
                for finding in findings {
                    do {
                        let survey = try finding.result.get()
                        let maintenance = PartitionPreview(survey: survey, drainsDefault: drainsDefault, most: most)
                        try maintenance.add(to: &report, &failures, in: session)
                    } catch {
                        guard session.isUsable else { throw error }
                        let failure = Failure(describing: error)
                        failures.add(finding.declaration.table, failure)
                        report.sets.append(.failed(finding.declaration.table, failure))
                    }
                }
                report.failure = report.combined(failures, sets: findings.count)
                return report
            }
        }
    }

    /// With nothing to do it takes no lock, and leaves no row in `dbctl.operations`.
    public func run() async throws -> PartitionEnsureReport {
        try await PartitionSite.with(request) { site in
            let findings = try await survey(site.connection)
            let isComplete = findings.allSatisfy { finding in
                guard case .success(let survey) = finding.result else { return true }
                return survey.isComplete && !drainsDefault
            }
            guard !isComplete else { return try await maintain(findings, site) }
            return try await site.record.keeping(
                { (report: PartitionEnsureReport) in report.counts }, failing: \.failure
            ) {
                try await maintain(findings, site)
            }
        }
    }

    private func survey(_ connection: Connection) async throws -> [PartitionSurvey.Finding] {
        try await connection.run { session in
            try PartitionSurvey.read(declared, only: table, request, in: session)
        }
    }

    /// One that fails is noted, and the next one is gone on with; not after a signal.
    private func maintain(
        _ findings: [PartitionSurvey.Finding], _ site: PartitionSite
    ) async throws -> PartitionEnsureReport {
        var report = PartitionEnsureReport(isDryRun: false)
        var failures = SetFailures()
        for finding in findings {
            do {
                let survey = try finding.result.get()
                if survey.isComplete, !drainsDefault || survey.table.fallback == nil {
                    report.sets.append(.complete(survey))
                } else {
                    try await SetMaintenance(
                        site: site, declaration: survey.declaration, drainsDefault: drainsDefault, most: most
                    ).run(survey.table, &report, &failures)
                }
            } catch {
                let failure = Failure(describing: error)
                guard !failure.endsAll else { throw failure }
                failures.add(finding.declaration.table, failure)
                report.sets.append(.failed(finding.declaration.table, failure))
            }
        }
        report.failure = report.combined(failures, sets: findings.count)
        return report
    }
}

extension PartitionSetOutcome {
    static func complete(_ survey: PartitionSurvey) -> PartitionSetOutcome {
        PartitionSetOutcome(survey, created: 0, missing: 0)
    }

    static func failed(_ table: String, _ failure: Failure, created: Int = 0) -> PartitionSetOutcome {
        PartitionSetOutcome(table: table, created: created, missing: 0, coveredUntil: nil, error: failure.code.name)
    }

    init(_ survey: PartitionSurvey, created: Int, missing: Int, error: Failure? = nil) {
        self.init(
            table: survey.table.label, created: created, missing: missing,
            coveredUntil: survey.cover.end(from: .value(survey.now)).map { $0.stamp(survey.scheme.key) },
            error: error?.code.name)
    }
}
