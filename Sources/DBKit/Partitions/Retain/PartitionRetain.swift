import Operations
import Postgres

/// `dbctl partition retain`: partitions that are past keeping are detached, and dropped or archived where that is wanted.
///
/// Nothing else of dbctl's loses rows on purpose. So whatever is not surely past keeping stays, guards look at everything
/// before anything is done, and a table is dropped only when its mark says that it is the one.
public struct PartitionRetain: Sendable {
    public var request: PartitionRequest
    public var sets: [PartitionExpiry]
    /// Only this table, under whichever of its names.
    public var table: String?
    /// In the place of what the sets say.
    public var keep: PartitionDeclaration.Keep?
    public var action: PartitionDeclaration.Expiry?
    /// How long a DETACH CONCURRENTLY may wait for those who use the table.
    public var maximumWait: Duration = .seconds(600)
    /// Who keeps the rows; nil where no set is to be archived.
    public var archiving: (any PartitionArchiving)?

    public init(_ request: PartitionRequest, sets: [PartitionExpiry]) {
        self.request = request
        self.sets = sets
    }

    /// What ``run(only:)`` would do.
    public func plan() async throws -> PartitionRetainReport {
        try await PartitionSite.look(request) { connection in
            let findings = try await connection.run { session in try survey(in: session) }
            var report = PartitionRetainReport(isDryRun: true)
            var failures = SetFailures()
            for finding in findings {
                do {
                    let preview = try await preview(try finding.result.get(), connection)
                    report.partitions += preview.partitions
                    report.notes += preview.notes
                    report.sets.append(RetainedTable(preview.survey, error: preview.failure))
                    if let failure = preview.failure { failures.add(preview.survey.table.label, failure) }
                } catch let failure as Failure {
                    failures.add(finding.expiry.table, failure)
                    report.sets.append(RetainedTable(finding.expiry, failure))
                }
            }
            report.failure = report.combined(failures, sets: findings.count)
            return report
        }
    }

    private func preview(_ survey: RetainSurvey, _ connection: Connection) async throws -> RetainPreview {
        var preview = try await connection.run { session in
            try RetainPreview(survey, request, archiving: archiving, in: session)
        }
        guard preview.failure == nil else { return preview }
        do {
            try await ArchiveReadiness(survey: survey, facts: preview.facts, archiving: archiving).check()
        } catch let failure as Failure where !failure.endsAll { preview.failure = failure }
        return preview
    }

    /// With nothing to do it takes no lock, and leaves no row in `dbctl.operations`.
    ///
    /// - Parameter consented: Only these tables; nil: whatever is past keeping.
    public func run(only consented: Set<Int64>? = nil) async throws -> PartitionRetainReport {
        try await PartitionSite.with(request) { site in
            let findings = try await site.connection.run { session in try survey(in: session) }
            let isIdle = findings.allSatisfy { finding in (try? finding.result.get().isEmpty) ?? true }
            guard !isIdle else { return try await retain(findings, site, consented) }
            return try await site.record.keeping(
                { (report: PartitionRetainReport) in report.counts }, failing: { $0.failure }
            ) { try await retain(findings, site, consented) }
        }
    }

    private func survey(in session: Session) throws -> [RetainSurvey.Finding] {
        let undeclared = table.flatMap { table in
            keep.map { PartitionExpiry(table: table, keep: $0, action: action ?? .detach) }
        }
        let chosen = try RetainSurvey.choose(
            sets, only: table, undeclared: undeclared, request, in: session
        ).map { chosen in
            var chosen = chosen
            chosen.keep = keep ?? chosen.keep
            chosen.action = action ?? chosen.action
            return chosen
        }
        if let table, let only = chosen.first, only.keep == nil { throw Self.noKeep(table, only.origin) }
        return try RetainSurvey.read(chosen, request, in: session)
    }

    /// One that fails is noted, and the next one is gone on with; not after a signal.
    private func retain(
        _ findings: [RetainSurvey.Finding], _ site: PartitionSite, _ consented: Set<Int64>?
    ) async throws -> PartitionRetainReport {
        let retention = SetRetention(
            site: site, archiving: archiving, maximumWait: maximumWait, consented: consented)
        var report = PartitionRetainReport(isDryRun: false)
        var failures = SetFailures()
        for finding in findings {
            do {
                let survey = try finding.result.get()
                var error: Failure?
                if !survey.isEmpty {
                    do {
                        try await retention.run(survey, &report.partitions)
                    } catch let thrown { error = Failure(describing: thrown) }
                }
                report.notes += survey.plan.notes
                report.sets.append(RetainedTable(survey, error: error))
                if let error { throw error }
            } catch {
                let failure = Failure(describing: error)
                guard !failure.endsAll else { throw failure }
                failures.add(finding.expiry.table, failure)
                if (try? finding.result.get()) == nil { report.sets.append(RetainedTable(finding.expiry, failure)) }
            }
        }
        report.failure = report.combined(failures, sets: findings.count)
        return report
    }

    private static func noKeep(_ table: String, _ origin: String?) -> Failure {
        Failure(
            .partitionNoKeep, "nothing says how much of \(table) is kept\(origin.map { " (\($0))" } ?? "")",
            detail: "Nothing was changed.", hint: "add keep: 24 months to its entry, or give --keep '24 months'")
    }
}
