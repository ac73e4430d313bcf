/// How large the pools of an application should be. Pure: every number comes in, no clock and no server.
///
/// The size is the smallest of what can be used and what can be had:
/// - *hardware*, `cores × 2 + spindles`: more sessions at work than that only take turns. Source: HikariCP's wiki, "About
///   Pool Sizing", after the measurements of the PostgreSQL project. It is a total for the server, so the instances share it.
/// - *demand*, `arrival rate × hold time × 1.25`: by Little's law (L = λW; J. D. C. Little, Operations Research 9, 1961) the
///   sessions that are in use on average, and a quarter more for the moments above it. A total as well.
/// - *slots*, `(ordinary × 0.8 − others) / (instances × surge)`: a fifth of the server's ordinary slots stays free, and
///   in a rolling deploy old and new instances hold their pools at the same time.
/// - the same of the role's and of the database's own CONNECTION LIMIT, where there is one.
///
/// Below the *deadlock floor*, `Tn × (Cm − 1) + 1` (same wiki), each of Tn workers can hold one connection less than the Cm
/// that it needs, and wait for ever for the last. The floor is a matter of correctness: it outranks hardware and demand, but
/// no wish makes a server admit more than its slots.
public struct PoolSizing: Sendable, Hashable {
    /// A CONNECTION LIMIT, and who else draws on it.
    public struct Limit: Sendable, Hashable {
        public var limit: Int
        public var others: Int

        public init(limit: Int, others: Int) {
            self.limit = limit
            self.others = others
        }
    }

    /// Of the server's machine; nil where nobody knows.
    public var cores: Int?
    public var spindles = 1
    /// Transactions per second that arrive, of all instances together.
    public var rate: Double?
    /// Seconds for which one of them keeps its connection.
    public var hold: Double?
    /// `max_connections` less the reserves.
    public var ordinary: Int
    /// Connections of everybody else.
    public var others: Int
    public var instances = 1
    /// How many times the instances there are during a deploy: at most twice, with half of them at a time 1.5.
    public var surge = 1.5
    /// Threads, or tasks, of one instance that use its pool at the same time (Tn).
    public var workers: Int?
    /// How many connections one of them holds at the same time (Cm).
    public var connectionsPerWorker = 1
    public var roleLimit: Limit?
    public var databaseLimit: Limit?

    /// The part of the ordinary slots that pools may take between them.
    public static let usable = 0.8
    /// How much more than the average a pool is made for.
    public static let headroom = 1.25

    public init(ordinary: Int, others: Int) {
        self.ordinary = ordinary
        self.others = others
    }

    /// `Tn × (Cm − 1) + 1`; nil when Cm needs a Tn that nobody knows.
    public var deadlockFloor: Int? {
        connectionsPerWorker <= 1 ? 1 : workers.map { $0 * (connectionsPerWorker - 1) + 1 }
    }

    /// What every pool, one for each instance, should have.
    public func size() -> PoolSize {
        let terms = terms
        let bound = terms.filter { !$0.isPreference }.map(\.size).min() ?? 0
        let smallest = terms.min { ($0.size, $0.perInstance) < ($1.size, $1.perInstance) }
        let minimum = max(1, smallest?.size ?? 1)
        let floor = deadlockFloor ?? 1
        let size = max(minimum, min(floor, bound), 1)
        var obstacles: [PoolSize.Obstacle] = []
        if bound < 1 { obstacles.append(.noRoom) }
        if floor > size {
            obstacles.append(.deadlock)
        } else if floor > minimum {
            obstacles.append(.floorDecides)
        }
        let shared = max(1, terms.map(\.shared).min() ?? 1)
        let sharedBound = terms.filter { !$0.isPreference }.map(\.shared).min() ?? 0
        let common = max(shared, min(sharedFloor, sharedBound))
        if sharedFloor > common { obstacles.append(.sharedDeadlock) }
        if terms.allSatisfy({ !$0.isPreference }) { obstacles.append(.onlyLimits) }
        return PoolSize(
            poolSize: size, maxOverflow: max(0, min(size, bound - size)), defaultPoolSize: common,
            minimum: minimum,
            decidedBy: floor > minimum && size > minimum ? "deadlock_floor" : smallest?.name ?? "slots",
            deadlockFloor: deadlockFloor, terms: terms, obstacles: obstacles)
    }

    /// One pool that all instances share, as pgbouncer's: no division, and no surge, for it is there only once. Its floor is
    /// that of all workers together, also of those that a deploy adds.
    private var sharedFloor: Int {
        guard let workers, connectionsPerWorker > 1 else { return 1 }
        let all = Double(workers) * (Double(instances) * surge).rounded(.up)
        return Int(min(all * Double(connectionsPerWorker - 1) + 1, 1e9))
    }
}
