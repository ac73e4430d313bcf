/// A connection in somebody's hands.
struct PoolGrant<Member: Sendable>: Sendable {
    let lease: UInt64
    let member: Member
}

/// The book of a pool: who has what, who waits, and what is to be done next.
///
/// Pure: it opens and closes nothing, it reads no clock. Each event returns the ``Action``s that it calls for, which
/// the pool carries out after letting go of its lock.
struct PoolLedger<Member: Sendable, Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Grant = PoolGrant<Member>

    enum Action: Sendable {
        case open
        case check(Stock)
        case grant(Waiter, Grant)
        case refuse(Waiter, any Error)
        case close(Member, Eviction)
        case report(PoolLeak)
    }

    /// A connection and what is known of it.
    struct Stock: Sendable {
        let member: Member
        let endOfLife: Instant
        var idleSince: Instant
    }

    struct Held: Sendable {
        let stock: Stock
        let site: AcquireSite
        let since: Instant
        var isReported = false
    }

    struct Waiting: Sendable {
        let waiter: Waiter
        let site: AcquireSite
        let since: Instant
        let deadline: Instant
    }

    let settings: PoolSettings
    /// The last is the one that was used last: the others grow old and can go.
    var idle: [Stock] = []
    var held: [UInt64: Held] = [:]
    var waiters = WaiterQueue<Waiting>()
    var opening = 0
    var checking = 0
    var isDraining = false
    /// False until a connection was opened, and after every failure: then one attempt at a time, so that a wrong
    /// password is tried once and not by everybody who waits.
    var mayOpenSeveral = false
    /// After a failure that will not pass by itself, while other connections still serve.
    var holdOpeningUntil: Instant?
    var metrics = PoolMetrics()
    private var lastLease: UInt64 = 0

    init(_ settings: PoolSettings) {
        self.settings = settings
    }

    var counts: PoolCounts {
        PoolCounts(
            total: total, idle: idle.count, active: held.count, opening: opening + checking, waiting: waiters.count)
    }

    /// Nothing is out and nothing is under way.
    var isEmpty: Bool { total == 0 }

    var total: Int { idle.count + held.count + opening + checking }

    // MARK: Asking

    /// A connection that can be had without waiting, when nobody else waits for it.
    mutating func takeAtOnce(_ site: AcquireSite, now: Instant) -> Grant? {
        guard !isDraining, waiters.isEmpty, let stock = popFresh(now) else { return nil }
        return hand(stock, to: site, now: now)
    }

    mutating func wait(
        _ waiter: Waiter, site: AcquireSite, timeout: Duration, now: Instant
    ) -> (ticket: UInt64, actions: [Action]) {
        let waiting = Waiting(waiter: waiter, site: site, since: now, deadline: now + timeout)
        guard !isDraining else { return (0, [.refuse(waiter, refusal(.draining, waiting, now: now))]) }
        let ticket = waiters.join(waiting)
        metrics.waits += 1
        metrics.peakWaiting = max(metrics.peakWaiting, waiters.count)
        return (ticket, supply(now: now))
    }

    /// Nil when the waiter has been answered already.
    mutating func cancel(_ ticket: UInt64) -> Waiter? {
        guard let waiting = waiters.leave(ticket) else { return nil }
        metrics.abandonedWaits += 1
        return waiting.waiter
    }

    /// Refuses those whose deadline has passed.
    mutating func expire(now: Instant) -> [Action] {
        // The counts of the error are those that the waiter saw: with everybody who gives up now still in them.
        let before = counts
        let due = waiters.leave { $0.deadline <= now }
        metrics.timeouts += due.count
        return due.map { .refuse($0.waiter, refusal(.timedOut, $0, counts: before, now: now)) }
    }

    var nextDeadline: Instant? { waiters.minimum { $0.deadline } }

    // MARK: Coming back

    mutating func giveBack(_ lease: UInt64, _ eviction: Eviction?, now: Instant) -> [Action] {
        guard let record = held.removeValue(forKey: lease) else { return [] }
        var stock = record.stock
        stock.idleSince = now
        if let eviction { return evict(stock, eviction, now: now) }
        if stock.endOfLife <= now { return evict(stock, .lifetime, now: now) }
        return shelve(stock, now: now)
    }

    mutating func reclaimDropped(_ lease: UInt64, now: Instant) -> [Action] {
        guard let record = held.removeValue(forKey: lease) else { return [] }
        metrics.leaks += 1
        return [.report(PoolLeak(kind: .dropped, site: record.site, held: now - record.since))]
            + evict(record.stock, .leaked, now: now)
    }

    /// Gives a connection to the first who waits, else keeps it, else closes it.
    mutating func shelve(_ stock: Stock, now: Instant) -> [Action] {
        if isDraining { return evict(stock, .drained, now: now) }
        if let first = waiters.next() { return [grant(stock, to: first, now: now)] }
        // `stock` itself is no longer, or not yet, in the total.
        if total >= settings.maximum { return evict(stock, .overflow, now: now) }
        idle.append(stock)
        return []
    }

    mutating func evict(_ stock: Stock, _ reason: Eviction, now: Instant) -> [Action] {
        metrics.evictions[reason, default: 0] += 1
        return [.close(stock.member, reason)] + supply(now: now)
    }

    mutating func grant(_ stock: Stock, to waiting: Waiting, now: Instant) -> Action {
        metrics.waited.add(now - waiting.since)
        return .grant(waiting.waiter, hand(stock, to: waiting.site, now: now))
    }

    private mutating func hand(_ stock: Stock, to site: AcquireSite, now: Instant) -> Grant {
        lastLease += 1
        held[lastLease] = Held(stock: stock, site: site, since: now)
        metrics.acquired += 1
        return Grant(lease: lastLease, member: stock.member)
    }

    /// The idle connection used last, when that is so recent that it needs no ping.
    mutating func popFresh(_ now: Instant) -> Stock? {
        guard let last = idle.last, now - last.idleSince <= settings.pingAfter, last.endOfLife > now else { return nil }
        return idle.removeLast()
    }

    func refusal(
        _ kind: PoolError.Kind, _ waiting: Waiting, counts: PoolCounts? = nil, now: Instant
    ) -> PoolError {
        PoolError(
            kind: kind,
            waited: now - waiting.since,
            counts: counts ?? self.counts,
            lastConnectError: metrics.lastConnectError,
            longestLease: held.values.min { $0.since < $1.since }?.site
        )
    }
}
