import Foundation
public import Operations

/// Which sessions are meant.
public enum KillSelection: Sendable, Hashable {
    /// Whoever is at the root of the pile-up with the most victims.
    case rootBlocker
    /// In a transaction, and doing nothing for at least so long.
    case idleInTransaction(Duration, application: String?)
    /// Doing nothing at all for at least so long.
    case stale(Duration, application: String)
    case sessions([Int32], backendStart: PreciseTime?)
}

/// What a kill is going to do: pure, so that every guard can be put into a table and tried.
public struct KillPlan: Sendable {
    /// A session that is going to be ended.
    public struct Victim: Encodable, Sendable, Hashable {
        public let pid: Int32
        public let backendStart: PreciseTime
        public let applicationName: String
        public let userName: String?
        public let databaseName: String?
        public let clientAddress: String?
        public let state: String?
        /// How long it has been in that state.
        public let stateS: Double?
        public let query: String?
        /// Why it is meant.
        public let reason: String
        /// It is meant only as long as it does nothing.
        let stateChange: Date?
    }

    /// A session that was meant and is left alone.
    public struct Spared: Encodable, Sendable, Hashable {
        public let pid: Int32
        public let applicationName: String?
        public let reason: String
        /// There is nobody to end any more.
        public let isGone: Bool
    }

    public let victims: [Victim]
    public let spared: [Spared]

    public init(_ selection: KillSelection, _ observation: Observation) throws(Failure) {
        var draft = Draft(Situation(observation, earlier: nil))
        switch selection {
        case .rootBlocker: draft.takeRoots()
        case .idleInTransaction(let limit, let application):
            try draft.checkSight()
            draft.takeResting(limit, application, "idle in transaction", where: \.isIdleInTransaction)
        case .stale(let limit, let application):
            try draft.checkSight()
            draft.takeResting(limit, application, "idle") { $0.state == .idle }
        case .sessions(let pids, let start):
            draft.take(pids, start)
            try draft.checkNamed()
        }
        victims = draft.victims.sorted { $0.pid < $1.pid }
        spared = draft.spared.sorted { $0.pid < $1.pid }
    }
}

/// A plan as it grows.
private struct Draft {
    let situation: Situation
    var victims: [KillPlan.Victim] = []
    var spared: [KillPlan.Spared] = []

    init(_ situation: Situation) {
        self.situation = situation
    }

    /// Who does not see what others do would end nobody, and believe that nobody was there.
    func checkSight() throws(Failure) {
        guard let hidden = VisibilityRules.findings(situation).first else { return }
        throw Failure(
            .poolHidden, hidden.text,
            detail: "Nobody was ended: what they do, and since when they are there, cannot be seen.",
            hint: hidden.nextCommand)
    }

    /// Nobody that was named can be ended because nothing is shown of them: a GRANT is missing, not a reason.
    func checkNamed() throws(Failure) {
        let isHidden = spared.contains { spared in
            situation.session(spared.pid).map { protection(of: $0) == .hidden } ?? false
        }
        guard victims.isEmpty, isHidden else { return }
        try checkSight()
    }

    private func protection(of session: ObservedSession) -> SessionProtection? {
        SessionProtection.of(session, ownPid: situation.observation.server.ownPid)
    }

    /// All roots of one pile-up: as long as one of them is in the way, the same sessions wait.
    mutating func takeRoots() {
        let roots = situation.tree.roots.filter { LockRules.isPileup($0, situation) }
        guard let first = roots.first else { return }
        for root in roots where root == first || !root.victims.isDisjoint(with: first.victims) {
            let count = Words.sessions(root.victims.count)
            if root.isDeadlock {
                for holder in root.holders {
                    spare(holder.pid, "part of a deadlock, which the server itself resolves within deadlock_timeout")
                }
                continue
            }
            let holder = root.holders[0]
            if let gid = holder.gid {
                spare(
                    0,
                    "a prepared transaction has no process: COMMIT PREPARED or ROLLBACK PREPARED "
                        + XminHolder.quoted(gid))
            } else if let session = situation.session(holder.pid) {
                take(session, because: "\(count) wait for it")
            } else {
                spare(holder.pid, "it is no session that can be seen (gone, or the server's own)")
            }
        }
    }

    mutating func takeResting(
        _ limit: Duration, _ application: String?, _ doing: String, where isMeant: (ObservedSession) -> Bool
    ) {
        for session in situation.clients where isMeant(session) {
            guard application == nil || session.applicationName == application,
                let rest = situation.restS(session), rest >= limit / .seconds(1)
            else { continue }
            // A backup's snapshot lives in such a session, and its job lock.
            if session.applicationName.hasPrefix("dbctl ") {
                spare(session.pid, "a run of dbctl; where it has to go, name it with --pid")
            } else {
                take(session, because: "\(doing) for \(Words.time(rest))", onlyAtRest: true)
            }
        }
    }

    mutating func take(_ pids: [Int32], _ start: PreciseTime?) {
        for pid in Set(pids).sorted() {
            // The look leaves itself out.
            guard pid != situation.observation.server.ownPid else {
                spare(pid, SessionProtection.own.reason)
                continue
            }
            guard !situation.observation.hiddenConnections.contains(pid) else {
                spare(pid, "it has not logged in yet: authentication_timeout ends it")
                continue
            }
            guard let session = situation.session(pid) else {
                spare(pid, "already gone: no client's session has this pid", isGone: true)
                continue
            }
            if let start, let own = session.backendStart, PreciseTime(own).microseconds != start.microseconds {
                spare(pid, "already gone: another session, of \(PreciseTime(own)), has this pid now", isGone: true)
            } else {
                take(session, because: "named by its pid")
            }
        }
    }

    private mutating func take(_ session: ObservedSession, because reason: String, onlyAtRest: Bool = false) {
        if let protection = protection(of: session) {
            return spare(session.pid, words(protection, session))
        }
        guard let start = session.backendStart else { return }
        victims.append(
            KillPlan.Victim(
                pid: session.pid, backendStart: PreciseTime(start), applicationName: session.applicationName,
                userName: session.userName, databaseName: session.databaseName, clientAddress: session.clientAddress,
                state: session.state?.rawValue, stateS: situation.restS(session), query: session.query, reason: reason,
                stateChange: onlyAtRest ? session.stateChange : nil))
    }

    private mutating func spare(_ pid: Int32, _ reason: String, isGone: Bool = false) {
        spared.append(
            KillPlan.Spared(
                pid: pid, applicationName: isGone ? nil : situation.session(pid)?.applicationName, reason: reason,
                isGone: isGone))
    }

    private func words(_ protection: SessionProtection, _ session: ObservedSession) -> String {
        if let leader = session.leaderPid {
            return "\(protection.reason), a parallel worker: name its leader, pid \(leader)"
        }
        guard protection == .hidden else { return protection.reason }
        let role = situation.observation.server.role
        return "role \(role) may not see when it began: GRANT pg_monitor TO \(XminHolder.quotedName(role))"
    }
}
