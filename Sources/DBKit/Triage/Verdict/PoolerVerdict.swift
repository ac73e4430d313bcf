import Operations

/// A verdict on what only the pooler shows: nobody of ours gets into the server.
enum PoolerVerdict {
    static func finding(of pooler: PoolerObservation, refusal: Refusal?) -> Finding {
        let waiting = pooler.pools.map(\.clientsWaiting).reduce(0, +)
        if let paused = pooler.databases.first(where: \.isPaused) {
            return Finding(
                .poolerPaused, .critical, rank(waiting),
                text: "The pooler is paused: database \(paused.name) takes no statement, and \(waiting) clients wait.",
                evidence: evidence(pooler, refusal), nextCommand: "RESUME \(paused.name) -- in pgbouncer's console")
        }
        let servers = pooler.pools.map(\.servers).reduce(0, +)
        let logins = pooler.pools.map(\.serversLogin).reduce(0, +)
        if let refusal, refusal.route == .direct, refusal.code.hasPrefix("slots.") {
            return full(pooler, refusal, servers: servers, waiting: waiting)
        }
        if waiting > 0, logins > 0, logins == servers {
            return Finding(
                .poolerLogin, .critical, rank(waiting),
                text: "The pooler cannot log in to the server: \(waiting) clients wait, and no server connection comes "
                    + "about.",
                evidence: evidence(pooler, refusal), nextCommand: "dbctl check")
        }
        // We stood in the queue ourselves, and have left it.
        let hasWaited = refusal?.code.hasPrefix("connect.") ?? false
        let worst = pooler.pools
            .filter { $0.serversIdle == 0 && $0.serversActive > 0 && ($0.clientsWaiting > 0 || hasWaited) }
            .max { ($0.clientsWaiting, $0.serversActive) < ($1.clientsWaiting, $1.serversActive) }
        if let worst, worst.clientsWaiting == 0 {
            return Finding(
                .poolTooSmall, .critical, rank(worst.serversActive),
                text:
                    "All \(worst.servers) server connections of \(worst.user) to database \(worst.database) are in use at "
                    + "the pooler: this run waited for one in vain.",
                evidence: evidence(pooler, refusal)
                    + ["whether the server has room, or its sessions are stuck, only the server can tell"],
                nextCommand: "SHOW SERVERS -- in pgbouncer's console; and give doctor the server's own address")
        }
        if let worst {
            return Finding(
                .poolTooSmall, .warning, rank(waiting),
                text:
                    "\(worst.clientsWaiting) clients of \(worst.user) wait for database \(worst.database) at the pooler, "
                    + "the first for \(Words.time(worst.longestWaitS)): all \(worst.servers) server connections are in use.",
                evidence: evidence(pooler, refusal)
                    + ["whether the server has room, or its sessions are stuck, only the server can tell"],
                nextCommand: "dbctl pool doctor --via direct")
        }
        if let crowd = PoolerRules.crowd(pooler) { return crowd }
        return Finding(
            .healthy, .ok, rank(0), text: "At the pooler nobody waits; the server itself was not asked.",
            evidence: evidence(pooler, refusal), nextCommand: "dbctl pool doctor --via direct")
    }

    /// The server is full, and the pooler holds a share of it that it can give back.
    private static func full(
        _ pooler: PoolerObservation, _ refusal: Refusal, servers: Int, waiting: Int
    ) -> Finding {
        let most = Dictionary(grouping: pooler.pools, by: \.database)
            .mapValues { $0.map(\.servers).reduce(0, +) }.filter { $0.value > 0 }
            .max { ($0.value, $1.key) < ($1.value, $0.key) }
        return Finding(
            .slots, .critical, rank(servers),
            text: "The server has no connection left (\(refusal.code)), and nobody of ours gets in. The pooler holds "
                + "\(servers) of them, and \(waiting) clients wait at it.",
            evidence: evidence(pooler, refusal),
            nextCommand: most.map {
                "RECONNECT \($0.key) -- in pgbouncer's console: gives back its \($0.value) connections as they come free"
            })
    }

    private static func rank(_ weight: Int) -> Rank { Rank(tier: .cause, weight: Double(weight)) }

    private static func evidence(_ pooler: PoolerObservation, _ refusal: Refusal?) -> [String] {
        let pools = pooler.pools.filter { $0.servers + $0.clientsWaiting > 0 }.map {
            "pool \($0.database) of \($0.user): \($0.servers) server connections, \($0.serversIdle) of them idle, "
                + "\($0.clientsWaiting) clients wait"
        }
        return [refusal.map { "as \($0.userName): \($0.message)" }].compactMap { $0 } + pools
    }
}
