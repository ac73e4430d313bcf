import Foundation

/// An observation with what all rules ask of it: who waits, who is in the way, and whether slots are short.
struct Situation {
    let observation: Observation
    let earlier: Observation?
    let budget: ConnectionBudget
    let tree: LockTree
    /// Client sessions that hold a slot.
    let clients: [ObservedSession]
    private let byPid: [Int32: ObservedSession]
    private let waitsByPid: [Int32: [LockWait]]

    init(_ observation: Observation, earlier: Observation?) {
        self.observation = observation
        self.earlier = earlier
        budget = ConnectionBudget(observation)
        tree = LockTree(observation.lockWaits)
        clients = observation.sessions.filter(\.holdsSlot)
        byPid = Dictionary(observation.sessions.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
        waitsByPid = Dictionary(grouping: observation.lockWaits, by: \.pid)
    }

    /// From here on an idle session is a slot that somebody else lacks.
    var isShortOfSlots: Bool { budget.percent >= 80 }

    func session(_ pid: Int32) -> ObservedSession? { byPid[pid] }

    func isVictim(_ session: ObservedSession) -> Bool {
        tree.waiting.contains(LockHolder(pid: session.pid))
    }

    func wait(of pid: Int32) -> LockWait? { waitsByPid[pid]?.first }

    /// How long a session has been doing what it does, in seconds.
    func restS(_ session: ObservedSession) -> Double? { observation.age(session.stateChange) }

    /// From here on nobody is about to take an idle session up again, where slots are short.
    private static let abandonedS = 60.0

    /// Idle, and left lying: for a minute, or for longer than all of its life before. A pool's session is idle at nearly
    /// every look, but from its second statement on it has been at work for longer than its pauses last.
    func isAbandoned(_ session: ObservedSession) -> Bool {
        guard session.state == .idle, let rest = restS(session) else { return false }
        return rest >= Self.abandonedS || rest * 2 > observation.age(session.backendStart) ?? .infinity
    }

    /// The longest that one of a root's victims, or of those in a deadlock, has been waiting.
    func longestWaitS(_ root: LockTree.Root) -> Double? {
        root.victims.union(root.holders).compactMap { observation.age(wait(of: $0.pid)?.waitStart) }.max()
    }

    func report(_ root: LockTree.Root) -> LockRoot {
        let holder = root.holders[0]
        let session = session(holder.pid)
        return LockRoot(
            pid: holder.pid, backendStart: session?.backendStart.map(PreciseTime.init),
            applicationName: session?.applicationName,
            userName: session?.userName, gid: holder.gid, state: session?.state?.rawValue, query: session?.query,
            victims: root.victims.count, depth: root.depth, longestWaitS: longestWaitS(root),
            deadlockedPids: root.isDeadlock ? root.holders.map(\.pid) : nil)
    }

    /// `pid 4711 (application “billing”, user app)`
    func name(_ session: ObservedSession) -> String {
        let parts = [
            session.applicationName.isEmpty ? nil : "application “\(session.applicationName)”",
            session.userName.map { "user \($0)" },
        ].compactMap { $0 }
        return "pid \(session.pid)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }

    /// `idle in transaction for 3 min 5 s`, `running for 2 s`; nil where the observer may not see it.
    func doing(_ session: ObservedSession) -> String? {
        if session.isIdleInTransaction {
            return "idle in transaction" + (restS(session).map { " for \(Words.time($0))" } ?? "")
        }
        switch session.state {
        case .active:
            return "running" + (observation.age(session.queryStart).map { " for \(Words.time($0))" } ?? "")
        case .idle: return "idle" + (restS(session).map { " for \(Words.time($0))" } ?? "")
        default: return session.state?.rawValue
        }
    }

    /// By pid and beginning: the pid alone may be another session's by the time that somebody types it.
    func killCommand(_ session: ObservedSession) -> String {
        let start = session.backendStart.map { " --backend-start \(PreciseTime($0))" } ?? ""
        return "dbctl pool kill --pid \(session.pid)\(start)"
    }

    /// Whether `pool kill` ends it: superusers' sessions and the server's own are left alone.
    func mayKill(_ session: ObservedSession) -> Bool {
        SessionProtection.of(session, ownPid: observation.server.ownPid) == nil
    }
}
