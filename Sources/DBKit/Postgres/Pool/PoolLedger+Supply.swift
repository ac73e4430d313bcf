/// Where connections come from, and when the pool has too many.
extension PoolLedger {
    /// What an opener does after a failed attempt.
    enum AfterFailure: Sendable {
        case tryAgain
        case giveUp([Action])
    }

    /// As many connections on their way as callers wait, within the limits.
    mutating func supply(now: Instant) -> [Action] {
        var actions: [Action] = []
        guard !isDraining else { return actions }
        while !waiters.isEmpty, let fresh = popFresh(now), let first = waiters.next() {
            actions.append(grant(fresh, to: first, now: now))
        }
        // Openers do not count here: one of them may be waiting for its next attempt.
        while waiters.count > checking, let stale = idle.popLast() {
            if stale.endOfLife <= now {
                metrics.evictions[.lifetime, default: 0] += 1
                actions.append(.close(stale.member, .lifetime))
            } else {
                checking += 1
                metrics.pings += 1
                actions.append(.check(stale))
            }
        }
        while waiters.count > opening + checking, total < settings.maximum + settings.overflow, mayOpen(now) {
            opening += 1
            actions.append(.open)
        }
        return actions + refill(now: now)
    }

    /// Up to the minimum, whether somebody waits or not.
    private mutating func refill(now: Instant) -> [Action] {
        guard total < settings.minimum, mayOpen(now) else { return [] }
        let missing = mayOpenSeveral ? settings.minimum - total : 1
        opening += missing
        return Array(repeating: .open, count: missing)
    }

    private func mayOpen(_ now: Instant) -> Bool {
        if let holdOpeningUntil, now < holdOpeningUntil, total > 0 { return false }
        return mayOpenSeveral || opening == 0
    }

    // MARK: Openers

    mutating func didOpen(_ member: Member, endOfLife: Instant, now: Instant) -> [Action] {
        opening -= 1
        metrics.opened += 1
        if total >= settings.maximum { metrics.openedOverflow += 1 }
        metrics.lastConnectError = nil
        mayOpenSeveral = true
        holdOpeningUntil = nil
        return shelve(Stock(member: member, endOfLife: endOfLife, idleSince: now), now: now) + supply(now: now)
    }

    /// - Parameter mayRetry: The failure passes by itself, and the tries are not used up.
    mutating func didFailToOpen(_ error: PostgresError, mayRetry: Bool, now: Instant) -> AfterFailure {
        metrics.failedConnects += 1
        if let state = error.sqlState { metrics.refusedConnects[state, default: 0] += 1 }
        metrics.lastConnectError = error
        mayOpenSeveral = false
        // One prober is enough; the others come back when it has succeeded.
        if mayRetry, opening == 1, isWanted { return .tryAgain }
        opening -= 1
        if mayRetry || opening > 0 { return .giveUp([]) }
        if total > 0 {
            // Others still serve. Trying again with every caller that comes would flood the server's log.
            holdOpeningUntil = now + settings.connectRetry.cap
            return .giveUp([])
        }
        let all = waiters.leave { _ in true }
        return .giveUp(all.map { .refuse($0.waiter, error) })
    }

    /// An opener that waited for its next attempt asks whether that is still needed; it stops when not.
    mutating func continuesOpening() -> Bool {
        if isWanted { return true }
        opening -= 1
        return false
    }

    private var isWanted: Bool {
        !isDraining && (waiters.count > checking || total - opening < settings.minimum)
    }

    // MARK: Checks

    mutating func didCheck(_ stock: Stock, isAlive: Bool, now: Instant) -> [Action] {
        checking -= 1
        guard isAlive else { return evict(stock, .ping, now: now) }
        var stock = stock
        stock.idleSince = now
        return shelve(stock, now: now)
    }

    // MARK: Upkeep and the end

    /// Closes what is old or superfluous, fills up to the minimum, and reports leases that are held for too long.
    mutating func upkeep(now: Instant) -> [Action] {
        var actions: [Action] = []
        var kept: [Stock] = []
        // Oldest first: those go, and the ones used last stay.
        for (index, stock) in idle.enumerated() {
            let left = idle.count - index - 1 + kept.count + held.count + checking
            if stock.endOfLife <= now {
                actions.append(.close(stock.member, .lifetime))
                metrics.evictions[.lifetime, default: 0] += 1
            } else if now - stock.idleSince > settings.idleTimeout, left >= settings.minimum {
                actions.append(.close(stock.member, .idle))
                metrics.evictions[.idle, default: 0] += 1
            } else {
                kept.append(stock)
            }
        }
        idle = kept
        if let threshold = settings.leakThreshold {
            for (lease, record) in held where !record.isReported && now - record.since > threshold {
                held[lease]?.isReported = true
                metrics.leaks += 1
                actions.append(.report(PoolLeak(kind: .overdue, site: record.site, held: now - record.since)))
            }
        }
        return actions + supply(now: now)
    }

    /// No more leases from here on: refuses who waits and closes who idles.
    mutating func drain(now: Instant) -> [Action] {
        isDraining = true
        let refused = waiters.leave { _ in true }.map { Action.refuse($0.waiter, refusal(.draining, $0, now: now)) }
        let closed = idle.map { Action.close($0.member, .drained) }
        metrics.evictions[.drained, default: 0] += idle.count
        idle = []
        return refused + closed
    }
}
