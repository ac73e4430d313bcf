/// How many connections there are, and who wants one, at one moment.
public struct PoolCounts: Sendable, Hashable, Codable, CustomStringConvertible {
    /// All that count against the limit: idle, active, being checked and being opened.
    public var total = 0
    public var idle = 0
    /// Leased.
    public var active = 0
    /// Being opened (or waiting for the next attempt) or pinged.
    public var opening = 0
    public var waiting = 0

    public init(total: Int = 0, idle: Int = 0, active: Int = 0, opening: Int = 0, waiting: Int = 0) {
        self.total = total
        self.idle = idle
        self.active = active
        self.opening = opening
        self.waiting = waiting
    }

    public var description: String {
        "\(total) connections (\(active) active, \(idle) idle, \(opening) opening), \(waiting) waiting"
    }
}

/// What a pool has done since it was made.
public struct PoolMetrics: Sendable, Hashable {
    public var counts = PoolCounts()
    /// The most that ever waited at once.
    public var peakWaiting = 0
    public var acquired = 0
    /// How often a caller had to wait for a connection, and for how long those that got one waited.
    public var waits = 0
    public var waited = WaitTimes()
    public var timeouts = 0
    /// Callers that stopped waiting because their task was cancelled.
    public var abandonedWaits = 0
    public var opened = 0
    public var openedOverflow = 0
    public var failedConnects = 0
    /// Of those the ones to which a server, or a pooler, had something to say.
    public var refusedConnects: [SQLState: Int] = [:]
    public var pings = 0
    public var evictions: [Eviction: Int] = [:]
    /// Dropped and overdue leases.
    public var leaks = 0
    /// Transactions that were run again after 40001 or 40P01.
    public var retriedTransactions = 0
    public var lastConnectError: PostgresError?
}

/// Durations counted in buckets that double, so that percentiles cost no memory: each is exact to a factor of two.
public struct WaitTimes: Sendable, Hashable {
    private var buckets = [Int](repeating: 0, count: 40)
    public private(set) var count = 0
    public private(set) var total = Duration.zero
    public private(set) var longest = Duration.zero

    public init() {}

    mutating func add(_ duration: Duration) {
        let microseconds = UInt64(max(0, duration / .microseconds(1)))
        buckets[min(UInt64.bitWidth - microseconds.leadingZeroBitCount, buckets.count - 1)] += 1
        count += 1
        total += duration
        longest = max(longest, duration)
    }

    /// An upper bound of the duration that `share` (0 to 1) of all do not exceed; zero when there are none.
    public func percentile(_ share: Double) -> Duration {
        let wanted = Int((Double(count) * min(max(share, 0), 1)).rounded(.up))
        var seen = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            if seen >= wanted { return min(.microseconds(Int64(1) << Int64(index)), longest) }
        }
        return longest
    }
}
