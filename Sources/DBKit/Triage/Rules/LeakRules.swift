import Operations

/// Sessions that nobody uses any more: an application that does not give them back, or a host that has vanished.
enum LeakRules {
    /// From here on an idle session is more than a pool's reserve.
    static let staleS = 1800.0
    private static let fewest = 5

    static func findings(_ situation: Situation) -> [Finding] {
        let halfOpen = halfOpen(situation)
        let gone = Set(halfOpen.flatMap { $0 }.map(\.pid))
        return halfOpen.map { vanished($0, situation) } + silentAtTheDoor(situation)
            + leaks(situation.clients.filter { !gone.contains($0.pid) }, situation)
    }

    // MARK: One application keeps what it does not use

    private static func leaks(_ clients: [ObservedSession], _ situation: Situation) -> [Finding] {
        let ordinary = max(1, situation.budget.ordinary)
        return Dictionary(grouping: clients, by: \.applicationName).compactMap { application, sessions in
            // What is between two statements for a moment is a pool at work: ending it would fail the next statement.
            let idle = sessions.filter(situation.isAbandoned)
            let ages = idle.compactMap(situation.restS)
            // What is short counts now; without need a pool may rest, but not a third of the server for half an hour.
            let eatsSlots = situation.isShortOfSlots && idle.count * 2 >= ordinary
            let isStale = ages.count { $0 >= staleS } * 10 >= ordinary * 3
            guard idle.count >= fewest, eatsSlots || isStale else { return nil }
            let name = application.isEmpty ? "without a name" : "“\(application)”"
            let oldest = ages.max() ?? 0
            let weight = Double(idle.count) * (situation.isShortOfSlots ? 1 : 0.1)
            return Finding(
                .leak, situation.isShortOfSlots ? .critical : .warning, Rank(tier: .cause, weight: weight),
                text: "Leak in one application: \(name) has \(Words.sessions(sessions.count)) open, and "
                    + "\(idle.count) of them do nothing, the longest for \(Words.time(oldest)).",
                evidence: places(sessions)
                    + ["\(idle.count * 100 / ordinary) % of the ordinary slots are its idle sessions"],
                nextCommand: kill(idle, ages, application, situation))
        }.sorted { $0.rank < $1.rank }
    }

    private static func places(_ sessions: [ObservedSession]) -> [String] {
        let places = Dictionary(grouping: sessions) { "\($0.userName ?? "?") from \($0.clientAddress ?? "the socket")" }
        return places.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(3)
            .map { "\($0.value.count) of them are \($0.key)" }
    }

    private static func kill(
        _ idle: [ObservedSession], _ ages: [Double], _ application: String, _ situation: Situation
    ) -> String {
        guard idle.contains(where: situation.mayKill) else {
            return "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                + "\(XminHolder.quoted(application)) AND state = 'idle'"
        }
        return
            "dbctl pool kill --stale \(Words.limit(ages)) \(application.hasPrefix("-") ? "--app=" : "--app ")\(ShellWord.quoted(application))"
            + Words.most(idle.count)
    }

    // MARK: A client that has vanished

    /// By address: a host from which nobody has said a word for half an hour, while the same application is alive
    /// elsewhere, or a statement whose rows nobody takes. Over a socket or within the machine an end is always seen.
    private static func halfOpen(_ situation: Situation) -> [[ObservedSession]] {
        let remote = situation.clients.filter { isRemote($0.clientAddress) }
        return Dictionary(grouping: remote) { [$0.applicationName, $0.clientAddress ?? ""] }.values.filter { sessions in
            let silent = sessions.allSatisfy { isSilent($0, situation) }
            guard silent, sessions.count >= 2 else { return false }
            let isStuckWriting = sessions.contains { $0.waitEvent == "ClientWrite" }
            let livesElsewhere = situation.clients.contains {
                $0.applicationName == sessions[0].applicationName && $0.clientAddress != sessions[0].clientAddress
                    && !isSilent($0, situation)
            }
            return isStuckWriting || livesElsewhere
        }.sorted { ($1.count, $0[0].pid) < ($0.count, $1[0].pid) }
    }

    private static func isRemote(_ address: String?) -> Bool {
        guard let address else { return false }
        return !address.hasPrefix("127.") && address != "::1"
    }

    private static func isSilent(_ session: ObservedSession, _ situation: Situation) -> Bool {
        guard session.state == .idle || session.isIdleInTransaction || session.waitEvent == "ClientWrite" else {
            return false
        }
        return (situation.restS(session) ?? 0) >= staleS
    }

    /// Connections that were opened and say nothing: the same ones in both looks, while hardly anybody else comes in. In a
    /// storm others have taken their place by then.
    static func areSilentAtTheDoor(_ situation: Situation) -> Bool {
        guard let earlier = situation.earlier else { return false }
        let hidden = situation.observation.hiddenConnections
        let stayed = Set(hidden).intersection(earlier.hiddenConnections)
        let isMany = hidden.count >= fewest && hidden.count * 5 >= situation.budget.ordinary
        return isMany && stayed.count * 5 >= hidden.count * 4
            && (LoadRules.loginsPerSecond(situation) ?? 0) < LoadRules.rate
    }

    private static func silentAtTheDoor(_ situation: Situation) -> [Finding] {
        guard areSilentAtTheDoor(situation) else { return [] }
        let count = situation.budget.hidden
        return [
            Finding(
                .halfOpen, situation.isShortOfSlots ? .critical : .warning,
                Rank(tier: .cause, weight: Double(count) * (situation.isShortOfSlots ? 1 : 0.25)),
                text:
                    "Half-open clients: \(count) connections were opened and have not logged in; nobody has answered the "
                    + "server on them, and each holds a slot.",
                evidence: [
                    "they are the same in two looks, and hardly anybody else comes in",
                    "the server gives them up after its authentication_timeout, a minute unless it was set",
                    "from where they come: ss -tnp on the server's machine",
                ],
                nextCommand: "ALTER SYSTEM SET authentication_timeout = '10s'; SELECT pg_reload_conf()")
        ]
    }

    private static func vanished(_ sessions: [ObservedSession], _ situation: Situation) -> Finding {
        let ages = sessions.compactMap(situation.restS)
        let application = sessions[0].applicationName
        let name = application.isEmpty ? "" : " of “\(application)”"
        let idle = situation.observation.server.keepalivesIdleS ?? 0
        let keepalives =
            idle == 0 || idle >= 7200
            ? ["tcp_keepalives_idle leaves a vanished host unnoticed for two hours: set it to 60"]
            : ["tcp_keepalives_idle is \(idle) s"]
        return Finding(
            .halfOpen, situation.isShortOfSlots ? .critical : .warning,
            Rank(tier: .cause, weight: Double(sessions.count) * (situation.isShortOfSlots ? 1 : 0.1)),
            text: "Half-open clients: all \(Words.sessions(sessions.count))\(name) from "
                + "\(sessions[0].clientAddress ?? "") have been silent for \(Words.time(ages.min() ?? 0)) or longer; "
                + "their host is probably gone.",
            evidence: keepalives, nextCommand: kill(sessions, ages, application, situation))
    }
}
