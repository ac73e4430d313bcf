import Foundation
import Operations

/// More work than the machine can do, and more logins than it should have to.
enum LoadRules {
    static func findings(_ situation: Situation) -> [Finding] {
        [overload(situation), storm(situation)].compactMap { $0 }
    }

    // MARK: Overload

    /// On a processor, or waiting for a disk or another part of the server: not for a lock, a client or a timer.
    private static func isWorking(_ session: ObservedSession, _ situation: Situation) -> Bool {
        guard session.state == .active, session.kind == .client, !situation.isVictim(session) else { return false }
        return ["IO", "LWLock", "BufferPin", "IPC", nil].contains(session.waitEventType)
    }

    private static func overload(_ situation: Situation) -> Finding? {
        let working = situation.clients.filter { isWorking($0, situation) }
        let cores = situation.observation.server.cores
        let isTooMuch = cores.map { working.count >= 4 * $0 } ?? (working.count >= 64)
        let fillsSlots = situation.isShortOfSlots && working.count * 2 >= situation.budget.used
        guard working.count >= 8, isTooMuch || fillsSlots else { return nil }
        let processors = working.count { $0.waitEventType == nil }
        let disks = working.count { $0.waitEventType == "IO" }
        let machine = cores.map { " on \($0) cores" } ?? ""
        var evidence = [
            "\(processors) are on a processor, \(disks) wait for a disk, \(working.count - processors - disks) for "
                + "other parts of the server"
        ]
        let queries = Dictionary(grouping: working) { Words.statement($0.query ?? "") }.filter { !$0.key.isEmpty }
        if let most = queries.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }), most.value.count > 1 {
            evidence.append("\(most.value.count) of them run: \(most.key)")
        }
        return Finding(
            .overload, situation.isShortOfSlots ? .critical : .warning,
            Rank(tier: .cause, weight: Double(working.count)),
            text: "Genuine overload: \(Words.sessions(working.count)) work at the same time\(machine); more "
                + "connections would only make it slower.",
            evidence: evidence, nextCommand: "dbctl pool top")
    }

    // MARK: Login storm

    private static let youngS = 10.0
    /// A login costs the server a process and some milliseconds of a processor.
    static let rate = 20.0

    private static func storm(_ situation: Situation) -> Finding? {
        let young = situation.clients.filter { (situation.observation.age($0.backendStart) ?? .infinity) < youngS }
        let hidden = situation.budget.hidden
        let perSecond = loginsPerSecond(situation)
        let isFast = (perSecond ?? 0) >= rate
        let areStuck =
            hidden >= 5 && hidden * 5 >= situation.budget.ordinary && !LeakRules.areSilentAtTheDoor(situation)
        // Young and at rest is a pool that has just been filled, or a leak.
        let busy = young.count { $0.state != .idle && $0.isVisible && !situation.isVictim($0) }
        // Young and at work is a server under load: the overload's rule has a word for that.
        let working = young.count { isWorking($0, situation) }
        let isFull =
            situation.isShortOfSlots && young.count >= 10 && (young.count + hidden) * 2 >= situation.budget.used
            && busy * 2 >= young.count && working * 2 < young.count && (perSecond ?? rate) * 4 >= rate
        guard isFast || areStuck || isFull else { return nil }
        var parts: [String] = []
        if let perSecond, isFast { parts.append("\(Int(perSecond.rounded())) sessions a second begin") }
        if hidden > 0 { parts.append("\(hidden) connections have not logged in yet") }
        if !young.isEmpty { parts.append("\(Words.sessions(young.count)) are younger than \(Int(youngS)) s") }
        let users = Dictionary(grouping: young.compactMap(\.userName)) { $0 }
        let most = users.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        let places = Dictionary(grouping: young) { "“\($0.applicationName)” from \($0.clientAddress ?? "the socket")" }
        let evidence = places.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(3).map {
            "\($0.value.count) of the young ones are \($0.key)"
        }
        let weight = max(Double(young.count + hidden), isFast ? perSecond ?? 0 : 0)
        return Finding(
            .loginStorm, situation.isShortOfSlots ? .critical : .warning,
            Rank(tier: .cause, weight: weight * (situation.isShortOfSlots ? 1 : 0.25)),
            text: "Login storm: \(parts.joined(separator: ", ")). Clients connect anew instead of keeping their "
                + "connections.",
            evidence: Array(evidence),
            nextCommand: most.map { user, _ in
                "ALTER ROLE \(XminHolder.quotedName(user)) CONNECTION LIMIT \(limit(of: user, situation))"
            } ?? "dbctl pool top")
    }

    /// Half of the slots, and never less than it has: whoever is in stays in.
    private static func limit(of user: String, _ situation: Situation) -> Int {
        max(1, situation.budget.ordinary / 2, situation.clients.count { $0.userName == user })
    }

    static func loginsPerSecond(_ situation: Situation) -> Double? {
        guard let earlier = situation.earlier else { return nil }
        let seconds = situation.observation.time.timeIntervalSince(earlier.time)
        func total(_ observation: Observation) -> Int { observation.databases.compactMap(\.sessions).reduce(0, +) }
        let sessions = total(situation.observation) - total(earlier)
        // Fewer than before: somebody has reset the statistics.
        guard seconds > 0, sessions >= 0 else { return nil }
        return Double(sessions) / seconds
    }
}
