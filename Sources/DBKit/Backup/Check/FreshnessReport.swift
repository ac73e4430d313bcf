import Foundation
public import Operations
public import Storage

/// What `backup check` tells a monitoring system.
public struct FreshnessReport: Sendable, Encodable {
    public var verdict: CheckVerdict
    /// One line.
    public var summary: String
    public var maximumAge: Double
    public var maximumDrillAge: Double?
    public var databases: [DatabaseFreshness] = []
    /// Why it is not OK. Not part of the data: it travels as the error beside it.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case verdict, summary, databases
        case maximumAge = "max_age_s"
        case maximumDrillAge = "max_drill_age_s"
    }
}

extension FreshnessReport {
    /// Looks at every database of the repository, or at those named; the worst one decides.
    ///
    /// It reads notes, no data: what was verified is believed while its manifest is whole.
    public static func check(
        _ repository: any Repository, databases: [String], maximumAge: Duration, maximumDrillAge: Duration?,
        clock: WallClock
    ) -> FreshnessReport {
        var report = FreshnessReport(
            verdict: .ok, summary: "", maximumAge: maximumAge.inSeconds,
            maximumDrillAge: maximumDrillAge.map { $0.inSeconds })
        do throws(Failure) {
            let known = try SetCatalog(repository).sets()
            let names = databases.isEmpty ? Set(known.map(\.database)).sorted() : databases
            for name in names {
                let sets = known.filter { $0.database == name }
                report.databases.append(
                    DatabaseFreshness(
                        of: name, try observed(sets, in: repository, now: clock.now),
                        pastDrill: PastDrill.read(name, in: repository)?.at, maximumAge: maximumAge,
                        maximumDrillAge: maximumDrillAge, now: clock.now))
            }
            report.judge(repository.location)
        } catch {
            // No repository is no backup; one that may not be looked into says nothing.
            report.verdict = error.code == .repositoryNotFound ? .critical : .unknown
            report.summary = error.message
            report.failure = error
        }
        return report
    }

    private mutating func judge(_ location: String) {
        guard let worst = databases.max(by: { $0.verdict < $1.verdict }) else {
            verdict = .critical
            summary = "\(location) has no backup set"
            failure = Failure(.backupNoGoodSet, summary, hint: "dbctl backup create makes the first one")
            return
        }
        verdict = worst.verdict
        guard let code = worst.code else {
            let oldest = databases.compactMap(\.age).max() ?? 0
            let count = databases.count == 1 ? worst.database : "\(databases.count) databases"
            summary = "\(count): the newest good set is \(DatabaseFreshness.span(oldest)) old at most"
            return
        }
        summary = "\(worst.database): \(worst.problems[0])"
        let others = databases.filter { $0.verdict > .ok && $0.database != worst.database }
        if !others.isEmpty { summary += "; also \(others.map(\.database).joined(separator: ", "))" }
        let problems = databases.flatMap { own in own.problems.map { "\(own.database): \($0)" } }
        failure = Failure(
            code, summary, detail: problems.count > 1 ? problems.joined(separator: "\n") : nil,
            hint: "dbctl backup list shows the sets; dbctl explain \(code.name)")
    }

    private static func observed(
        _ sets: [SetPath], in repository: any Repository, now: Date
    ) throws(Failure) -> [DatabaseFreshness.Observed] {
        var found: [DatabaseFreshness.Observed] = []
        var hasGood = false
        for set in sets {
            let state: SetState
            do throws(Failure) {
                state = try SetState.read(set, in: repository)
            } catch {
                guard error.code == .backupStateDamaged else { throw error }
                found.append(.init(set.name, .unverified))
                continue
            }
            var condition = DatabaseFreshness.Observed.Condition(state.standing)
            // The one that will count must still be there; the older ones need not be read for that.
            if condition == .good, !hasGood, set.name.time <= now {
                let folder = FoundSet(repository: repository, path: set).folder
                hasGood = (try? SetVerification(folder: folder).manifest()) != nil
                if !hasGood { condition = .damaged }
            }
            found.append(.init(set.name, condition, drilled: state.drilled.flatMap { $0.ok ? $0.at : nil }))
        }
        return found
    }
}
