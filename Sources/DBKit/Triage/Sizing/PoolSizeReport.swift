import Operations

/// The answer to "how large should the pools be", with all inputs and terms.
public struct PoolSizeReport: Encodable, Sendable {
    /// Connections that each instance keeps.
    public let poolSize: Int
    public let maxOverflow: Int
    /// Of one pgbouncer in front of all instances.
    public let defaultPoolSize: Int
    public let minimum: Int
    public let decidedBy: String
    public let deadlockFloor: Int?
    /// Of all instances in a deploy, overflow included.
    public let connectionsAtSurge: Int
    public let isPossible: Bool
    public let inputs: [SizingInput]
    public let terms: [SizingTerm]
    public let obstacles: [PoolSize.Obstacle]
    /// The obstacles in words, each with what to change.
    public let warnings: [String]
    /// What the figures do not say.
    public let notes: [String]

    init(_ request: PoolSizeRequest, _ facts: PoolSizeFacts) {
        let inputs = PoolSizeInputs(request, facts)
        let sizing = inputs.sizing
        let size = sizing.size()
        poolSize = size.poolSize
        maxOverflow = size.maxOverflow
        defaultPoolSize = size.defaultPoolSize
        minimum = size.minimum
        decidedBy = size.decidedBy
        deadlockFloor = size.deadlockFloor
        let pools = Int(min((Double(sizing.instances) * sizing.surge).rounded(.up), 1e9))
        connectionsAtSurge = pools * (size.poolSize + size.maxOverflow)
        isPossible = size.isPossible
        self.inputs = inputs.all
        terms = size.terms
        obstacles = size.obstacles
        warnings = size.obstacles.map { PoolSizeReport.warning($0, size, sizing) }
        notes = PoolSizeReport.notes(request, facts, size, sizing)
    }

    private static func warning(_ obstacle: PoolSize.Obstacle, _ size: PoolSize, _ sizing: PoolSizing) -> String {
        let floor = size.deadlockFloor ?? 1
        let way = "\(sizing.workers ?? 0) workers × (\(sizing.connectionsPerWorker) − 1) + 1 = \(floor)"
        switch obstacle {
        case .noRoom:
            let tight = size.terms.filter { !$0.isPreference && $0.size < 1 }.map(\.name).joined(separator: ", ")
            return
                "there is no room for one connection of each instance (\(tight)): 1 is said because a pool cannot have "
                + "less. Put one pgbouncer in front of all instances (default_pool_size below), run fewer instances, or "
                + "take connections away from the others"
        case .deadlock:
            return "the workers of an instance can block each other for ever: \(way) connections are needed, "
                + "\(size.poolSize) can be had. Lower --connections-per-worker to 1 (one connection for a whole request), "
                + "or --workers, or the number of instances; a higher max_connections is the last resort"
        case .sharedDeadlock:
            return
                "behind one pgbouncer the workers of all instances share default_pool_size, and \(size.defaultPoolSize) are "
                + "too few for workers that hold several: they can block each other for ever there"
        case .floorDecides:
            return
                "the deadlock floor decides: \(way) is more than the \(size.minimum) that are good for this server. With "
                + "fewer, workers can block each other for ever. Better: one connection for a whole request "
                + "(--connections-per-worker 1), or fewer workers"
        case .onlyLimits:
            return "neither the hardware nor the load is known: this is the most that the server can admit, and no "
                + "recommendation. Give --cores, or --rate and --hold"
        }
    }

    private static func notes(
        _ request: PoolSizeRequest, _ facts: PoolSizeFacts, _ size: PoolSize, _ sizing: PoolSizing
    ) -> [String] {
        var notes: [String] = []
        let known = Set(size.terms.map(\.name))
        if !known.contains("hardware"), !size.obstacles.contains(.onlyLimits) {
            notes.append("hardware is left out: the cores of the server are not known (--cores)")
        }
        if !known.contains("demand"), !size.obstacles.contains(.onlyLimits) {
            notes.append("demand is left out: arrival rate or hold time is not known (--rate, --hold)")
        }
        if known.contains("demand"), request.rate == nil || request.hold == nil {
            notes.append(
                "the load is that of this moment, of all applications in the database; a pool is sized for the busiest "
                    + "time: measure then, or give --rate and --hold")
            notes.append(
                "measured at the server, the hold time is that of statements and transactions; what a program does besides "
                    + "while it keeps a connection is not in it")
        }
        if let workers = sizing.workers, workers * sizing.connectionsPerWorker < size.poolSize {
            notes.append(
                "\(workers) workers never use more than \(workers * sizing.connectionsPerWorker) connections: of "
                    + "\(size.poolSize) the others stay idle")
        }
        if facts.isPooled {
            notes.append(
                "seen through a pooler, whose sessions count here as those of its clients: use its server's own URL")
        }
        if !facts.observation.server.seesAllSessions {
            notes.append(
                "the login may not see what the sessions of others do; their number, role and name it sees, and no more is "
                    + "needed here")
        }
        return notes
    }
}
