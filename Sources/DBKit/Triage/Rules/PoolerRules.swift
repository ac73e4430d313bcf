import Operations

/// Clients that wait at the pooler while the server has room.
enum PoolerRules {
    /// A short queue is what a pooler is for.
    private static let waitS = 1.0
    private static let clients = 10

    static func findings(_ situation: Situation) -> [Finding] {
        guard let pooler = situation.observation.pooler else { return [] }
        return pooler.pools.filter {
            $0.clientsWaiting > 0 && ($0.longestWaitS >= waitS || $0.clientsWaiting >= clients)
        }
        .compactMap { finding($0, pooler, situation) } + [crowd(pooler)].compactMap { $0 }
    }

    /// No client more gets in at the pooler, or nearly none: what it is busy with comes before that.
    static func crowd(_ pooler: PoolerObservation) -> Finding? {
        let clients = pooler.clients.map(\.count).reduce(0, +)
        guard let most = pooler.settings?.maxClientConn, most > 0, clients * 10 >= most * 9 else { return nil }
        let isFull = clients >= most
        return Finding(
            .poolTooSmall, isFull ? .critical : .warning, Rank(tier: .consequence, weight: Double(clients)),
            text: isFull
                ? "The pooler takes no more clients: \(clients) of \(most) are there (max_client_conn), and the next one "
                    + "is refused."
                : "The pooler will soon take no more clients: \(clients) of \(most) are there (max_client_conn).",
            evidence: pooler.clients.map { "\($0.count) of them are \($0.state)" }
                + [
                    "each client takes a file descriptor: the limit of pgbouncer's process (ulimit -n) has to be higher"
                ],
            nextCommand: "SET max_client_conn = \(2 * most) -- in pgbouncer's console, and in pgbouncer.ini")
    }

    private static func finding(
        _ pool: PoolerObservation.Pool, _ pooler: PoolerObservation, _ situation: Situation
    ) -> Finding? {
        let database = pooler.databases.first { $0.name == pool.database }
        let rank = Rank(tier: .cause, weight: Double(pool.clientsWaiting))
        let queue =
            "\(pool.clientsWaiting) clients of \(pool.user) wait for database \(pool.database), the first for "
            + Words.time(pool.longestWaitS)
        if database?.isPaused == true {
            return Finding(
                .poolerPaused, .critical, rank, text: "The pooler is paused: \(queue).",
                nextCommand: "RESUME \(pool.database) -- in pgbouncer's console")
        }
        let inUse = pool.serversActive + pool.serversIdle + pool.serversUsed + pool.serversTested
        if inUse == 0, pool.serversLogin > 0 {
            return Finding(
                .poolerLogin, .critical, rank,
                text: "The pooler cannot log in to the server: \(queue), and no server connection comes about.",
                evidence: ["\(pool.serversLogin) server connections are on their way in (sv_login)"],
                nextCommand: "dbctl check")
        }
        guard pool.serversIdle == 0, situation.budget.ordinaryFree > 0, !isExplained(pool, database, situation) else {
            return nil
        }
        return tooSmall(pool, database, queue, rank, pooler, situation)
    }

    /// Server connections that are stuck make every pool too small: then those are the cause.
    private static func isExplained(
        _ pool: PoolerObservation.Pool, _ database: PoolerObservation.Database?, _ situation: Situation
    ) -> Bool {
        let name = database?.serverDatabase ?? pool.database
        let own = situation.clients.filter { $0.databaseName == name && $0.userName == pool.user }
        let stuck = own.count { situation.isVictim($0) || $0.isIdleInTransaction && (situation.restS($0) ?? 0) >= 10 }
        return pool.servers > 0 && stuck * 2 >= pool.servers
    }

    private static func tooSmall(
        _ pool: PoolerObservation.Pool, _ database: PoolerObservation.Database?, _ queue: String, _ rank: Rank,
        _ pooler: PoolerObservation, _ situation: Situation
    ) -> Finding? {
        let free = situation.budget.ordinaryFree
        var evidence = [
            "all \(pool.servers) server connections of the pool are in use", "\(free) slots are free at the server",
        ]
        if let statistics = pooler.statistics.first(where: { $0.database == pool.database }) {
            evidence.append(
                "a transaction takes \(Int(statistics.averageTransactionS * 1000)) ms, a client waits "
                    + "\(Int(statistics.averageWaitS * 1000)) ms for one, on average")
        }
        // A tenth of what is free stays free.
        let more = max(1, min(pool.clientsWaiting, free * 9 / 10))
        let limit = database?.maxConnections ?? 0
        let isLimited = limit > 0 && (database?.currentConnections ?? 0) >= limit
        let size = database?.poolSize ?? pool.servers
        // Connections that are still to come are no reason for a larger pool.
        guard isLimited || pool.servers >= size else { return nil }
        // A size of its own stands in the file alone: SET changes only what the others have.
        let ownSize = pooler.settings?.defaultPoolSize.map { $0 != size } ?? false
        let command =
            isLimited
            ? "SET max_db_connections = \(limit + more) -- in pgbouncer's console, and in pgbouncer.ini"
            : ownSize
                ? "RELOAD -- in pgbouncer's console, after pool_size=\(size + more) for \(pool.database) in the "
                    + "[databases] of pgbouncer.ini"
                : "SET default_pool_size = \(size + more) -- in pgbouncer's console, and in pgbouncer.ini"
        if ownSize { evidence.append("the pool's size is its own: pool_size=\(size), not default_pool_size") }
        return Finding(
            .poolTooSmall, .critical, rank,
            text: "The pool is too small at the pooler: \(queue), while the server has \(free) slots free.",
            evidence: evidence,
            nextCommand: command)
    }
}
