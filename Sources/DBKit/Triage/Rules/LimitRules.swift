import Operations

/// Limits that are reached: the server's, a role's, a database's.
enum LimitRules {
    static func findings(_ situation: Situation) -> [Finding] {
        let budget = situation.budget
        let roles = budget.roles.compactMap {
            limit($0, .roleLimit, "Role \($0.name)", "ALTER ROLE \(XminHolder.quotedName($0.name))", situation)
        }
        let databases = budget.databases.compactMap {
            limit(
                $0, .databaseLimit, "Database \($0.name)", "ALTER DATABASE \(XminHolder.quotedName($0.name))", situation
            )
        }
        return roles + databases + [slots(situation)].compactMap { $0 }
    }

    private static func limit(
        _ limit: ConnectionBudget.Limit, _ code: VerdictCode, _ who: String, _ alter: String, _ situation: Situation
    ) -> Finding? {
        // A limit of 0 is a door that somebody has closed on purpose.
        guard limit.percent >= 90, limit.limit > 0 else { return nil }
        let isFull = limit.used >= limit.limit
        // Half of what is free may go to one.
        let more = max(1, min(limit.limit, situation.budget.ordinaryFree / 2))
        return Finding(
            code, isFull ? .critical : .warning, Rank(tier: .consequence, weight: Double(limit.used)),
            text: "\(who) has \(isFull ? "reached its" : "nearly reached its") connection limit: \(limit.used) of "
                + "\(limit.limit) are used\(isFull ? ", and the next one is refused" : "").",
            evidence: largest(situation.clients.filter { isCounted($0, by: code, limit.name) }, situation),
            nextCommand: "\(alter) CONNECTION LIMIT \(limit.limit + more)")
    }

    private static func isCounted(_ session: ObservedSession, by code: VerdictCode, _ name: String) -> Bool {
        code == .roleLimit ? session.userName == name : session.databaseName == name
    }

    private static func slots(_ situation: Situation) -> Finding? {
        guard situation.isShortOfSlots else { return nil }
        let budget = situation.budget
        let isCritical = budget.percent >= 90
        return Finding(
            .slots, isCritical ? .critical : .warning, Rank(tier: .consequence, weight: Double(budget.used)),
            text: budget.ordinaryFree == 0
                ? "No connection is left for ordinary clients: \(budget.used) of \(budget.maxConnections) are used and "
                    + "\(budget.reserved) are reserved."
                : "Connections run short: \(budget.ordinaryFree) of \(budget.ordinary) ordinary ones are free.",
            evidence: largest(situation.clients, situation), nextCommand: "dbctl pool size")
    }

    private static func largest(_ sessions: [ObservedSession], _ situation: Situation) -> [String] {
        Dictionary(grouping: sessions, by: \.applicationName)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(3).map { application, sessions in
                let idle = sessions.filter { $0.state == .idle }
                let name = application.isEmpty ? "without a name" : "“\(application)”"
                let longest = idle.compactMap(situation.restS).max().map { ", the longest for \(Words.time($0))" } ?? ""
                return "application \(name) has \(Words.sessions(sessions.count)), \(idle.count) of them idle\(longest)"
            }
    }
}
