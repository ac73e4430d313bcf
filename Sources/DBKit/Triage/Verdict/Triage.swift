import Operations

/// From what was seen to what is wrong: pure, so that every situation can be put into a table and tried.
public enum Triage {
    /// - Parameters:
    ///   - observation: What the server looks like now.
    ///   - earlier: The same server a moment before; only between two looks can be seen how fast sessions come and go.
    public static func verdict(of observation: Observation, after earlier: Observation? = nil) -> Verdict {
        let situation = Situation(observation, earlier: earlier)
        let findings =
            (LockRules.findings(situation) + IdleRules.findings(situation) + LeakRules.findings(situation)
            + LoadRules.findings(situation) + PoolerRules.findings(situation)
            + VisibilityRules.findings(situation) + LimitRules.findings(situation)
            + HorizonRules.findings(situation))
            .enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
        let main = findings.first ?? healthy(situation)
        return Verdict(
            code: main.code,
            grade: findings.map(\.grade).max() ?? .ok,
            text: main.text,
            evidence: main.evidence + [situation.budget.text],
            nextCommand: main.nextCommand,
            findings: findings,
            lockTree: situation.tree.roots.map(situation.report),
            applications: ApplicationUse.all(situation),
            xminHolders: XminHolder.all(observation),
            budget: situation.budget)
    }

    private static func healthy(_ situation: Situation) -> Finding {
        let waiting = situation.tree.waiting.count
        let locks = waiting == 0 ? "nobody waits for a lock" : "\(Words.sessions(waiting)) wait briefly for a lock"
        return Finding(
            .healthy, .ok, Rank(tier: .slow, weight: 0),
            text: "Healthy: \(situation.budget.ordinaryFree) ordinary slots are free and \(locks).", nextCommand: nil)
    }
}
