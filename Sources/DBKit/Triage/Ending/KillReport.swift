public import Operations

/// What a kill would do, or did.
public struct KillReport: Encodable, Sendable {
    public enum Outcome: String, Encodable, Sendable {
        case ended
        /// It was gone already.
        case alreadyGone = "already_gone"
        /// It has begun to do something else since it was looked at, and was left alone.
        case changed
        /// The role may not end it.
        case notPermitted = "not_permitted"
        /// It has become one that is never ended.
        case refused
        /// It was told to end, and is still there.
        case stillThere = "still_there"

        init(_ outcome: SessionEnding.Outcome) {
            self =
                switch outcome {
                case .ended: .ended
                case .alreadyGone: .alreadyGone
                case .changed: .changed
                case .stillThere: .stillThere
                case .refused: .refused
                }
        }
    }

    /// A victim and what became of it.
    public struct Ended: Encodable, Sendable {
        public let session: KillPlan.Victim
        /// Nil in a dry run.
        public var outcome: Outcome?

        init(_ session: KillPlan.Victim, _ outcome: Outcome?) {
            self.session = session
            self.outcome = outcome
        }

        private enum CodingKeys: CodingKey { case outcome }

        /// Flat: the session's own keys, and the outcome beside them.
        public func encode(to encoder: any Encoder) throws {
            try session.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(outcome, forKey: .outcome)
        }
    }

    /// Slots and queues at one moment.
    public struct Headroom: Encodable, Sendable, Hashable {
        public let ordinaryFree: Int
        public let used: Int
        public let maxConnections: Int
        public let waitingForLocks: Int

        init(_ observation: Observation) {
            let situation = Situation(observation, earlier: nil)
            ordinaryFree = situation.budget.ordinaryFree
            used = situation.budget.used
            maxConnections = situation.budget.maxConnections
            waitingForLocks = situation.tree.waiting.count
        }
    }

    public let route: Route
    public private(set) var isDryRun = true
    public internal(set) var victims: [Ended]
    public let spared: [KillPlan.Spared]
    public let before: Headroom
    /// Nil in a dry run, and where nobody was ended.
    public private(set) var after: Headroom?
    public internal(set) var warnings: [String] = []
    /// What ended it before all were told.
    var problem: Failure?
    /// More than that are refused.
    public let most: Int
    private let planned: Int
    private let role: String

    /// Those that are gone because of this run.
    public var killed: Int { victims.count { $0.outcome == .ended } }

    private enum CodingKeys: CodingKey { case route, dryRun, victims, spared, before, after, warnings, killed }

    init(_ entry: Entrance.Entry, _ plan: KillPlan, before observation: Observation, most: Int) {
        route = entry.route
        // What was planned, until it is done.
        victims = plan.victims.map { Ended($0, nil) }
        spared = plan.spared
        before = Headroom(observation)
        self.most = most
        planned = plan.victims.count
        role = observation.server.role
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(route, forKey: .route)
        try container.encode(isDryRun, forKey: .dryRun)
        try container.encode(victims, forKey: .victims)
        try container.encode(spared, forKey: .spared)
        try container.encode(before, forKey: .before)
        try container.encodeIfPresent(after, forKey: .after)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(killed, forKey: .killed)
    }

    /// From here on the list is of those who were told to end.
    mutating func begin() {
        isDryRun = false
        victims = []
    }

    /// Before anybody is ended.
    ///
    /// - Throws: `kill.too_many`, `kill.protected`.
    public func checkGuards() throws(Failure) {
        guard planned <= most else {
            throw Failure(
                .killTooMany, "\(planned) sessions would be ended, and --max is \(most)", detail: "Nobody was ended.",
                hint: "look at them with a dry run, and add --max \(planned) when they are all meant")
        }
        if planned == 0, !spared.allSatisfy(\.isGone) {
            throw Failure(
                .killProtected,
                "nobody may be ended: "
                    + spared.map { "pid \($0.pid): \($0.reason)" }.joined(separator: "; "),
                detail: "Nobody was ended.",
                hint: spared.contains { $0.pid == 0 }
                    ? "ask whoever prepared it whether the other half was committed, then COMMIT PREPARED or ROLLBACK PREPARED"
                    : "as a superuser, and knowing why: SELECT pg_terminate_backend(pid)")
        }
    }

    /// Who was told to end and has not, and what there is now.
    mutating func see(_ observation: Observation) {
        let there = Set(observation.sessions.compactMap(\.id))
        for index in victims.indices where victims[index].outcome == .ended && there.contains(victims[index].session.id)
        {
            victims[index].outcome = .stillThere
        }
        after = Headroom(observation)
    }

    /// Nil when all that was meant is done.
    public var failure: Failure? {
        if var problem {
            problem.add(detail: "\(killed) of \(planned) sessions were ended before that.")
            if problem.category != .interrupted { problem.category = .partial }
            return problem
        }
        let refused = victims.count { $0.outcome == .notPermitted }
        let stuck = victims.count { $0.outcome == .stillThere }
        if refused > 0 {
            return Failure(
                .killNotPermitted, "the role may not end \(refused) of the \(victims.count) sessions",
                detail: killed > 0 ? "\(killed) were ended." : "Nobody was ended.",
                hint: "GRANT pg_signal_backend TO \(XminHolder.quotedName(role)), or come as the sessions' own role",
                sqlState: "42501", category: killed > 0 ? .partial : .authentication)
        }
        guard stuck > 0 else { return nil }
        return Failure(
            .killStillThere, "\(stuck) sessions were told to end and are still there",
            detail: "A session in a system call (a disk that does not answer) ends when that returns.",
            hint: "run the same command again in a moment; never kill -9 a server process: all sessions would end")
    }
}

extension FailureCode {
    public static let killTooMany = FailureCode("kill.too_many", .guarded)
    public static let killProtected = FailureCode("kill.protected", .guarded)
    public static let killNotPermitted = FailureCode("kill.not_permitted", .authentication)
    public static let killStillThere = FailureCode("kill.still_there", .partial)
}
