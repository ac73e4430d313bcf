import Operations

/// What a role that is no monitor cannot see. Never taken for nothing.
enum VisibilityRules {
    static func findings(_ situation: Situation) -> [Finding] {
        let server = situation.observation.server
        let unseen = situation.clients.count { !$0.isVisible }
        guard !server.seesAllSessions, unseen > 0 else { return [] }
        return [
            Finding(
                .unknown, .unknown, Rank(tier: .blindness, weight: Double(unseen)),
                text: "Unknown: what \(unseen) of \(Words.sessions(situation.clients.count)) do is hidden from role "
                    + "\(server.role), which is no member of pg_monitor.",
                evidence: [
                    "who is connected and who waits for whom can be seen; states, ages and statements of other users "
                        + "cannot"
                ],
                nextCommand: "GRANT pg_monitor TO \(XminHolder.quotedName(server.role))")
        ]
    }
}
