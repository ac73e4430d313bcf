/// Carrying out what the ledger decides: opening, pinging, handing over, closing.
extension ConnectionPool {
    /// Enters an event in the book, then does what it calls for, without the lock.
    func enter(_ event: (inout Ledger) -> [Ledger.Action]) {
        carryOut(
            state.withLock { state in
                let actions = event(&state.ledger)
                state.noteClosings(actions)
                return actions
            }
        )
    }

    /// - Parameter actions: Noted with ``State/noteClosings(_:)`` in the same hold of the lock that made them.
    func carryOut(_ actions: [Ledger.Action]) {
        for action in actions {
            switch action {
            case .grant(let waiter, let grant): waiter.begin(with: grant)
            case .refuse(let waiter, let error): waiter.refuse(error)
            case .open: open()
            case .check(let stock): check(stock)
            case .close(let connection, _): close(connection)
            case .report(let leak): settings.onLeak?(leak)
            }
        }
    }

    // MARK: Opening

    private func open() {
        state.withLock { state in
            let id = state.newID()
            // Weakly, and so only during an attempt: waiting for a server that is down must not keep a pool alive that
            // nobody has any more.
            state.openers[id] = Task { [weak self] in
                var attempt = 1
                while let pause = await self?.tryToOpen(attempt) {
                    // Cancelled by a drain, after which nothing is wanted any more.
                    try? await Task.sleep(for: pause)
                    guard self?.isStillWanted() == true else { break }
                    attempt += 1
                }
                self?.openerEnded(id)
            }
        }
    }

    /// - Returns: How long to wait before the next attempt; nil when there is to be none.
    private func tryToOpen(_ attempt: Int) async -> Duration? {
        do {
            let connection = try await Connection.open(
                parameters, settings: sessionSettings, timeout: settings.connectTimeout)
            enter { $0.didOpen(connection, endOfLife: endOfLife(), now: .now) }
            return nil
        } catch {
            // Anything else cannot happen: opening throws nothing but its own errors.
            let failure = error as? PostgresError ?? PostgresError(.connect(.parameters), "\(error)")
            let mayRetry = attempt < settings.connectRetry.attempts && ConnectRetry.isWorthwhile(failure)
            switch state.withLock({ $0.ledger.didFailToOpen(failure, mayRetry: mayRetry, now: .now) }) {
            case .tryAgain: return pause(after: attempt)
            case .giveUp(let actions):
                carryOut(actions)
                return nil
            }
        }
    }

    // Functions of their own: in the frame of an async function the generator would lie in memory that tasks hand on to
    // each other, which the thread sanitizer takes for a race.

    private func endOfLife() -> ContinuousClock.Instant {
        var generator = SystemRandomNumberGenerator()
        return Eviction.endOfLife(
            openedAt: .now, lifetime: settings.lifetime, jitter: settings.lifetimeJitter, using: &generator)
    }

    private func pause(after attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return settings.connectRetry.wait(beforeRepetition: attempt, using: &generator)
    }

    private func isStillWanted() -> Bool {
        state.withLock { $0.ledger.continuesOpening() }
    }

    private func openerEnded(_ id: UInt64) {
        state.withLock { $0.openers[id] = nil }
        wakeDrainers()
    }

    // MARK: Pinging

    private func check(_ stock: Ledger.Stock) {
        Task {
            let isAlive: Bool
            do {
                let limit = settings.pingTimeout
                isAlive = try await stock.member.run { session in
                    try session.execute("SELECT 1", timeout: limit)
                    return session.isUsable
                }
            } catch {
                // Whatever it was, a connection that cannot answer SELECT 1 is of no use to anybody.
                isAlive = false
            }
            enter { $0.didCheck(stock, isAlive: isAlive, now: .now) }
        }
    }

    // MARK: Closing

    private func close(_ connection: Connection) {
        Task {
            await connection.close()
            state.withLock { $0.closing -= 1 }
            wakeDrainers()
        }
    }

    // MARK: Upkeep

    func beginUpkeep() {
        let interval = settings.upkeepInterval
        let task = Task { [weak self] in
            while true {
                do { try await Task.sleep(for: interval) } catch { return }
                guard let self else { return }
                enter { $0.upkeep(now: .now) }
            }
        }
        state.withLock { $0.upkeep = task }
    }
}

extension ConnectionPool.State {
    mutating func noteClosings(_ actions: [ConnectionPool.Ledger.Action]) {
        for case .close in actions { closing += 1 }
    }

    var isEmpty: Bool { ledger.isEmpty && closing == 0 && openers.isEmpty }
}
