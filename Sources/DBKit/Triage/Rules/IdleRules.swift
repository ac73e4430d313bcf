import Operations

/// Sessions that sit in an open transaction: they hold a slot, their locks, and what vacuum may not remove.
enum IdleRules {
    /// From here on one is too many.
    static let restS = 300.0
    /// Less is the way from one statement to the next.
    private static let pauseS = 1.0

    static func findings(_ situation: Situation) -> [Finding] {
        let roots = Set(situation.tree.roots.flatMap(\.holders).map(\.pid))
        let all = situation.clients.filter { $0.isIdleInTransaction && !roots.contains($0.pid) }
        let ages = all.compactMap(situation.restS)
        let old = all.filter { (situation.restS($0) ?? 0) >= restS }
        let resting = all.filter { (situation.restS($0) ?? 0) >= pauseS }
        let ordinary = situation.budget.ordinary
        let takesSlots = situation.isShortOfSlots && resting.count * 5 >= ordinary && resting.count > 1
        // Half of the server in transactions that do nothing: a little more traffic, and it is full of them.
        let takesHalf = resting.count >= 5 && resting.count * 2 >= ordinary
        let isMany = takesHalf || all.count >= 5 && ages.count { $0 >= 10 } * 2 >= all.count
        guard !old.isEmpty || takesSlots || isMany, let longest = ages.max() else { return [] }
        // Most transactions are between two statements for a moment: without need only the old ones are meant.
        let sparesTheYoung = old.count * 3 >= resting.count * 2 || !takesSlots && !isMany
        let idle = sparesTheYoung ? old : resting
        let limit = Words.limit(sparesTheYoung ? [restS] : idle.compactMap(situation.restS))
        let worst = Dictionary(grouping: idle, by: \.applicationName)
            .max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        let oldest = idle.max { (situation.restS($0) ?? 0, $1.pid) < (situation.restS($1) ?? 0, $0.pid) }
        let verb = idle.count == 1 ? "is" : "are"
        var evidence: [String] = []
        if let worst, idle.count > 1 {
            let name = worst.key.isEmpty ? "without a name" : "“\(worst.key)”"
            evidence.append("\(worst.value.count) of them belong to the application \(name)")
        }
        if let oldest {
            evidence.append("the oldest is \(situation.name(oldest))")
            if let query = oldest.query, !query.isEmpty { evidence.append("it ran last: \(Words.statement(query))") }
        }
        // While there are slots enough, few of them hurt nobody at once.
        let weight = Double(idle.count) * (situation.isShortOfSlots ? 1 : 0.5)
        let text =
            "Idle in transaction: \(Words.sessions(idle.count)) \(verb) in an open transaction and doing nothing, "
            + "the longest for \(Words.time(longest))."
        return [
            Finding(
                .idleInTransaction, takesSlots ? .critical : .warning, Rank(tier: .cause, weight: weight), text: text,
                evidence: evidence, nextCommand: command(idle, limit, situation))
        ]
    }

    private static func command(_ idle: [ObservedSession], _ limit: String, _ situation: Situation) -> String {
        // Superusers' sessions are not for pool kill.
        idle.contains(where: situation.mayKill)
            ? "dbctl pool kill --idle-in-transaction \(limit)\(Words.most(idle.count))"
            : "SELECT pg_terminate_backend(\(idle.map(\.pid).min() ?? 0))"
    }
}
