import Foundation
public import Operations
import Postgres

/// `dbctl partition check`: will rows still find their partition. It reads the catalog alone, and of keys of numbers the
/// largest one.
public struct PartitionCheck: Sendable {
    public var request: PartitionRequest
    public var declared: [PartitionDeclaration]
    public var table: String?
    /// Within which writes must not begin to fail; nil: until the end of the next partition.
    public var horizon: Duration?
    /// Who watches must not hang with what he watches: a connection that falls silent behind a proxy looks alive.
    public var limit: Duration = .seconds(60)

    public init(_ request: PartitionRequest, declared: [PartitionDeclaration]) {
        self.request = request
        self.declared = declared
    }

    public func run() async throws -> PartitionCheckReport {
        try await withThrowingTaskGroup(of: PartitionCheckReport.self) { group in
            group.addTask { try await look() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Failure(
                    .connectHang, "the server has not answered for \(Int(limit / .seconds(1))) s",
                    hint: "dbctl check; and look at the pooler or the network in between")
            }
            defer { group.cancelAll() }
            guard let report = try await group.next() else { throw CancellationError() }
            return report
        }
    }

    private func look() async throws -> PartitionCheckReport {
        try await PartitionSite.look(request) { connection in
            try await connection.run { session in
                let findings = try PartitionSurvey.read(declared, only: table, request, in: session)
                return PartitionCheckReport(
                    findings.map { finding in
                        do {
                            let survey = try finding.result.get()
                            return SetVerdict(
                                survey, horizon: try horizon.flatMap { try survey.value(after: $0, request) })
                        } catch {
                            return SetVerdict(finding.declaration, Failure(describing: error))
                        }
                    })
            }
        }
    }
}

extension PartitionSurvey {
    /// Numbers have no hours.
    fileprivate func value(after horizon: Duration, _ request: PartitionRequest) throws -> PartitionValue? {
        scheme.value(at: request.clock.now.addingTimeInterval(horizon.seconds))
    }
}

extension PartitionSurvey {
    /// The first missing range that begins before a bound and whose rows not even the default partition takes. Pure.
    fileprivate func refused(before bound: PartitionBound) -> PartitionRange? {
        let marks = Set(leftovers.filter { $0.kind == .check }.compactMap(\.mark))
        return plan.missing.map(\.range).filter { range in
            range.lower < bound && marks.contains((try? RangeCheck(key: table.key, range: range).mark(of: table)) ?? "")
        }.min { $0.lower < $1.lower }
    }
}

/// How one set stands. Pure.
public struct SetVerdict: Sendable, Encodable {
    public var table: String
    public var verdict: CheckVerdict
    public var summary: String
    /// Partitions that lie wholly in the future, of those that are wanted.
    public var future: Int
    public var ahead: Int
    /// Up to where rows can be written without a gap; nil where not even now.
    public var coveredUntil: String?
    /// A default partition takes what no other does.
    var hasFallback = false
    /// Why nothing is known of it.
    var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case table, verdict, summary, future, ahead
        case coveredUntil = "covered_until"
    }

    init(_ survey: PartitionSurvey, horizon: PartitionValue?) {
        let cover = survey.cover
        let key = survey.scheme.key
        let now = PartitionBound.value(survey.now)
        let end = cover.end(from: now)
        let needed = horizon.map(PartitionBound.value) ?? (survey.plan.ahead.first ?? survey.plan.current).upper
        table = survey.table.label
        ahead = survey.declaration.ahead
        future = survey.plan.ahead.count { cover.covers($0) }
        coveredUntil = end?.stamp(key)
        hasFallback = survey.table.fallback != nil
        let isShort = horizon == nil ? (end ?? now) < needed : (end ?? now) <= needed
        let gaps = survey.plan.missing.count { $0.range.upper <= survey.plan.current.lower }
        let fails = end.map { "from \($0.text(key)) on" } ?? "now"
        let refused = survey.refused(before: needed)
        switch survey.table.fallback {
        case let fallback? where refused != nil:
            verdict = .critical
            summary =
                "writes of \(refused?.text(key) ?? "") fail: a CHECK that an interrupted run left on \(fallback.label) refuses them; dbctl partition ensure --table \(survey.table.quoted) removes it"
        case nil where isShort:
            verdict = .critical
            summary = "writes fail \(fails): \(Self.counted(future, of: ahead))"
        case .some where isShort:
            verdict = .warning
            summary = "rows \(fails) go to the default partition: \(Self.counted(future, of: ahead))"
        default:
            verdict = future < ahead || gaps > 0 ? .warning : .ok
            summary =
                "\(Self.counted(future, of: ahead))\(gaps > 0 ? ", \(gaps) gaps in the past" : ""), covered until \(end?.text(key) ?? "")"
        }
    }

    init(_ declaration: PartitionDeclaration, _ failure: Failure) {
        table = declaration.table
        ahead = declaration.ahead
        future = 0
        // What is declared and not there is a mistake; what may not be seen is not known.
        verdict = failure.category == .authentication ? .unknown : .critical
        summary = failure.message
        self.failure = failure
    }

    private static func counted(_ future: Int, of ahead: Int) -> String { "\(future) of \(ahead) partitions ahead" }
}

/// The result of `dbctl partition check`.
public struct PartitionCheckReport: Sendable, Encodable {
    public var verdict: CheckVerdict
    public var summary: String
    public var sets: [SetVerdict]
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case verdict, summary, sets
    }

    init(_ sets: [SetVerdict]) {
        self.sets = sets
        let verdict = sets.map(\.verdict).max() ?? .ok
        self.verdict = verdict
        let bad = sets.filter { $0.verdict == verdict }
        guard let worst = bad.first, verdict != .ok else {
            summary =
                sets.count == 1 ? "1 table has all its partitions" : "\(sets.count) tables have all their partitions"
            return
        }
        summary = bad.map { "\($0.table): \($0.summary)" }.joined(separator: "; ")
        failure =
            worst.failure
            ?? Failure(
                .partitionShort, "\(worst.table): \(worst.summary)",
                hint: bad.contains(where: \.hasFallback)
                    ? "dbctl partition ensure makes them, with --drain-default also where the default partition has rows of theirs already; dbctl partition plan shows which"
                    : "dbctl partition ensure makes them; dbctl partition plan shows which")
    }
}
