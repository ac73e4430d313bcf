/// A bounded set of connections that many tasks share, each for a moment.
///
/// ```swift
/// let pool = ConnectionPool(parameters, session: settings, PoolSettings(maximum: 20))
/// let count: Int = try await pool.withConnection { session in
///     try session.row("SELECT count(*) AS n FROM app.users").value("n")
/// }
/// await pool.drain()
/// ```
/// Whoever has to wait is served in the order of asking, and no longer than the acquire timeout. A connection that
/// comes back goes straight to the first who waits. What a body sets for the session (`SET`, temporary tables,
/// advisory locks) stays for the next one: use `SET LOCAL` and transactions.
///
/// A class over a lock and not an actor: a release, a cancelled wait and a dropped lease must take effect at once, in
/// places that cannot await (`defer`, a cancellation handler, `deinit`).
public final class ConnectionPool: Sendable {
    typealias Grant = PoolGrant<Connection>
    typealias Ledger = PoolLedger<Connection, PoolTurn.Arrival>

    public let settings: PoolSettings
    let parameters: ConnectionParameters
    let sessionSettings: SessionSettings
    let state: Lock<State>

    /// The book, and the tasks under way.
    struct State: Sendable {
        var ledger: Ledger
        var openers: [UInt64: Task<Void, Never>] = [:]
        var timer: (fires: ContinuousClock.Instant, task: Task<Void, Never>)?
        var upkeep: Task<Void, Never>?
        /// Connections on their way out.
        var closing = 0
        /// Who waits for the pool to be empty; nil until it has fallen asleep.
        var drainers: [UInt64: CheckedContinuation<Void, Never>?] = [:]
        var lastID: UInt64 = 0

        mutating func newID() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    /// Makes an empty pool; it opens connections when they are asked for, or with ``warmUp()``.
    public init(_ parameters: ConnectionParameters, session: SessionSettings, _ settings: PoolSettings) {
        var parameters = parameters
        var session = session
        switch settings.access {
        case .any: break
        case .readWrite: parameters.set("target_session_attrs", "read-write")
        case .readOnly:
            parameters.set("target_session_attrs", "prefer-standby")
            session.isReadOnly = true
        }
        self.settings = settings
        self.parameters = parameters
        sessionSettings = session
        state = Lock(State(ledger: Ledger(settings)))
        beginUpkeep()
    }

    deinit {
        let (timer, upkeep) = state.withLock { ($0.timer?.task, $0.upkeep) }
        timer?.cancel()
        upkeep?.cancel()
    }

    /// Opens a first connection, so that a wrong address or password shows now, and starts filling to the minimum.
    public func warmUp(fileID: String = #fileID, line: Int = #line) async throws {
        try await withConnection(fileID: fileID, line: line) { _ in }
        enter { $0.supply(now: .now) }
    }

    /// Runs `body` with a connection of its own, on that connection's thread.
    ///
    /// - Parameter timeout: The longest wait for a connection; nil is ``PoolSettings/acquireTimeout``.
    /// - Throws: What `body` throws; ``PoolError`` when no connection became free, ``PostgresError`` when none could
    ///   be opened or the task was cancelled.
    @discardableResult
    public func withConnection<T: Sendable>(
        timeout: Duration? = nil,
        fileID: String = #fileID,
        line: Int = #line,
        _ body: @Sendable (Session) throws -> T
    ) async throws -> T {
        try await take(PoolTurn(self, AcquireSite(fileID: fileID, line: line), timeout)) { try await $0.run(body) }
    }

    /// Takes a connection for as long as the lease is not released, for work that needs several ``Lease/run(_:)``.
    ///
    /// - Parameter timeout: The longest wait for a connection; nil is ``PoolSettings/acquireTimeout``.
    public func lease(
        timeout: Duration? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) async throws -> Lease {
        let site = AcquireSite(fileID: fileID, line: line)
        let grant = try await take(PoolTurn(self, site, timeout)) { try await $0.keep() }
        return Lease(grant, of: self, site: site)
    }

    /// The present state and all counters since the pool was made.
    public var metrics: PoolMetrics {
        state.withLock { state in
            var metrics = state.ledger.metrics
            metrics.counts = state.ledger.counts
            return metrics
        }
    }

    // MARK: Waiting

    private func take<T: Sendable>(
        _ turn: PoolTurn, _ body: @Sendable (PoolTurn) async throws -> T
    ) async throws -> T {
        try await withTaskCancellationHandler {
            try await body(turn)
        } onCancel: {
            turn.cancel()
        }
    }

    /// Serves a caller at once or lets him wait; his ticket, when he waits.
    func admit(_ arrival: PoolTurn.Arrival, _ site: AcquireSite, _ timeout: Duration?) -> UInt64? {
        let (ticket, actions) = state.withLock { state -> (UInt64?, [Ledger.Action]) in
            let now = ContinuousClock.now
            if let grant = state.ledger.takeAtOnce(site, now: now) { return (nil, [.grant(arrival, grant)]) }
            let limit = timeout ?? settings.acquireTimeout
            let (ticket, actions) = state.ledger.wait(arrival, site: site, timeout: limit, now: now)
            state.noteClosings(actions)
            arm(&state, for: now + limit)
            return (ticket, actions)
        }
        carryOut(actions)
        return ticket
    }

    func cancelWait(_ ticket: UInt64) {
        let arrival = state.withLock { $0.ledger.cancel(ticket) }
        arrival?.refuse(PostgresError(.cancelled, "the task was cancelled while it waited for a connection"))
    }

    /// Lets a timer fire at this deadline, unless one fires before. One for all: a task for each waiter costs more than its
    /// query. So does looking for the first deadline of all whenever somebody comes: that is done when the timer fires.
    func arm(_ state: inout State, for due: ContinuousClock.Instant) {
        if let timer = state.timer, timer.fires <= due { return }
        state.timer?.task.cancel()
        let task = Task { [weak self] in
            do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
            self?.timerFired(due)
        }
        state.timer = (due, task)
    }

    private func timerFired(_ due: ContinuousClock.Instant) {
        let actions = state.withLock { state in
            if state.timer?.fires == due { state.timer = nil }
            let actions = state.ledger.expire(now: .now)
            if let next = state.ledger.nextDeadline { arm(&state, for: next) }
            return actions
        }
        carryOut(actions)
    }

    // MARK: Coming back

    func giveBack(_ grant: Grant, _ eviction: Eviction?) {
        enter { $0.giveBack(grant.lease, eviction, now: .now) }
    }

    func reclaimDropped(_ grant: Grant) {
        enter { $0.reclaimDropped(grant.lease, now: .now) }
    }
}

extension Session {
    /// Whether the connection may go to the next caller.
    func poolVerdict(after error: (any Error)?) -> Eviction? {
        // A receiver that was left behind would hear of the next caller's statements.
        onNotice = nil
        return Eviction.reason(after: error, isUsable: isUsable, isInTransaction: isInTransaction)
    }
}
