/// How a drain went.
public struct DrainReport: Sendable, Hashable {
    /// Leases that were still out at the deadline; their statements were cancelled.
    public var cancelled: [AcquireSite] = []
    /// Leases that did not even come back after that, because their code does something else than SQL. Their
    /// connections are closed as soon as it is done.
    public var abandoned: [AcquireSite] = []

    public init() {}
}

extension ConnectionPool {
    /// Ends the pool: no more leases, a while for those that are out, then their statements are cancelled, then
    /// everything is closed.
    ///
    /// Whoever waits is refused at once with ``PoolError/Kind/draining``. Cancelling the calling task skips the wait.
    ///
    /// - Parameters:
    ///   - limit: How long leases may stay out.
    ///   - grace: How long they have to come back after their statement was cancelled.
    @discardableResult
    public func drain(within limit: Duration = .seconds(30), grace: Duration = .seconds(5)) async -> DrainReport {
        var report = DrainReport()
        enter { $0.drain(now: .now) }
        let (openers, upkeep, timer) = state.withLock { ($0.openers, $0.upkeep, $0.timer?.task) }
        upkeep?.cancel()
        timer?.cancel()
        for opener in openers.values { opener.cancel() }
        if await isEmpty(within: limit) { return report }

        let late = state.withLock { Array($0.ledger.held.values) }
        report.cancelled = late.map(\.site)
        for lease in late { lease.stock.member.revoke() }
        // A lease between two statements has none to cancel: from here on every new one of its fails at once, and the
        // connection closes behind the one that runs.
        for lease in late { Task { await lease.stock.member.close() } }
        if await isEmpty(within: grace) { return report }
        report.abandoned = state.withLock { $0.ledger.held.values.map(\.site) }
        return report
    }

    /// Waits until nothing is out, open or under way; false when that takes longer than `limit`.
    private func isEmpty(within limit: Duration) async -> Bool {
        // Entered before the timer starts, so that one that fires at once finds somebody to wake.
        let id = state.withLock { state in
            let id = state.newID()
            state.drainers.updateValue(nil, forKey: id)
            return id
        }
        let timer = Task {
            // Cancelled when the pool is empty before.
            do { try await Task.sleep(for: limit) } catch { return }
            wake(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isDone = state.withLock { state in
                    let isAwake = state.drainers[id] == nil
                    guard !isAwake, !state.isEmpty else { return true }
                    state.drainers.updateValue(waiter, forKey: id)
                    return false
                }
                if isDone { waiter.resume() }
            }
        } onCancel: {
            wake(id)
        }
        timer.cancel()
        return state.withLock { state in
            state.drainers[id] = nil
            return state.isEmpty
        }
    }

    private func wake(_ id: UInt64) {
        let waiter = state.withLock { $0.drainers.removeValue(forKey: id) ?? nil }
        waiter?.resume()
    }

    func wakeDrainers() {
        let waiters = state.withLock { state in
            guard state.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.drainers = [:] }
            return state.drainers.values.compactMap { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }
}
