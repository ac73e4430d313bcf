public import Operations
import Postgres

/// `dbctl pool check`: how many connections are left, for a monitoring system.
public struct PoolCheck: Sendable {
    /// In percent of what ordinary clients have between them.
    public struct Thresholds: Sendable, Hashable {
        public var warning: Double
        public var critical: Double

        public init(warning: Double = 80, critical: Double = 90) {
            self.warning = warning
            self.critical = critical
        }
    }

    public var examination: Examination
    public var thresholds: Thresholds

    public init(_ entrance: Entrance, thresholds: Thresholds = Thresholds()) {
        examination = Examination(entrance, job: "pool check")
        self.thresholds = thresholds
    }

    /// - Throws: ``Failure`` when no way leads in: then its code says which slots are gone.
    public func run() async throws -> PoolCheckReport {
        let entry = try await examination.entrance.open()
        return try await entry.connection.closing { _ in
            let observation = try await examination.run(entry) { session, observer in
                try observer.observe(in: session)
            }
            return PoolCheckReport(entry, observation, thresholds)
        }
    }
}

/// The answer for a monitoring system.
public struct PoolCheckReport: Encodable, Sendable {
    public let verdict: CheckVerdict
    /// One line.
    public let summary: String
    public let route: Route
    public let refusals: [Refusal]
    public let budget: ConnectionBudget
    /// Client sessions by state.
    public let states: [StateUse]
    /// Sessions that wait for a lock.
    public let waitingForLocks: Int
    public let warningPercent: Double
    public let criticalPercent: Double
    /// Why it is not OK: travels as the error beside the data.
    public let failure: Failure?

    private enum CodingKeys: CodingKey {
        case verdict, summary, route, refusals, budget, states, waitingForLocks, warningPercent, criticalPercent
    }

    init(_ entry: Entrance.Entry, _ observation: Observation, _ thresholds: PoolCheck.Thresholds) {
        let situation = Situation(observation, earlier: nil)
        route = entry.route
        refusals = entry.refusals
        budget = situation.budget
        states = StateUse.all(observation)
        waitingForLocks = situation.tree.waiting.count
        warningPercent = thresholds.warning
        criticalPercent = thresholds.critical
        let answer = situation.budget.verdict(warning: thresholds.warning, critical: thresholds.critical)
        let hidden = VisibilityRules.findings(situation).first
        // A limit that is reached is bad news whoever sees it; that all is well nobody can say who does not see all.
        let isBlind = hidden != nil && answer.verdict < .unknown
        verdict = isBlind ? .unknown : answer.verdict
        // The verdict's word is in front of it already.
        let unseen = (hidden?.text ?? "").trimmingPrefix("Unknown: ")
        summary = [isBlind ? String(unseen.dropLast()) : nil, answer.text, hidden.flatMap(\.nextCommand)]
            .compactMap { $0 }.joined(separator: "; ")
        guard verdict != .ok else {
            failure = nil
            return
        }
        failure =
            isBlind
            ? Failure(.poolHidden, hidden?.text ?? "", hint: hidden?.nextCommand)
            : Failure(
                PoolCheckReport.code(situation.budget), answer.text,
                hint: "dbctl pool doctor says who holds them, and what to type next")
    }

    /// What the next client would be told, or that it would still get in.
    private static func code(_ budget: ConnectionBudget) -> FailureCode {
        if budget.ordinaryFree == 0 { return budget.used >= budget.maxConnections ? .slotsAll : .slotsOrdinary }
        if budget.roles.contains(where: { $0.used >= $0.limit && $0.limit > 0 }) { return .slotsRole }
        if budget.databases.contains(where: { $0.used >= $0.limit && $0.limit > 0 }) { return .slotsDatabase }
        return .poolShort
    }
}

extension FailureCode {
    /// Connections run short: a threshold was passed.
    public static let poolShort = FailureCode("pool.short", .unavailable)
    /// The role may not see other users' sessions.
    public static let poolHidden = FailureCode("pool.hidden", .authentication)
}
