import Dispatch

/// One caller's turn with a connection of a pool: an executor whose thread is that of whichever connection comes free.
///
/// The task that enters it is put, as a job, into the pool's queue, and goes on right on the thread of its connection.
/// Woken as a continuation it would first need a thread of the shared pool, only to be sent on to the connection's:
/// two more switches, and twice the processor time, for each `SELECT 1` of 100 callers (bench/RESULTS.md).
///
/// It must be entered once only.
actor PoolTurn: SerialExecutor {
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe asUnownedSerialExecutor() }

    private nonisolated let pool: ConnectionPool
    private nonisolated let site: AcquireSite
    private nonisolated let timeout: Duration?
    private nonisolated let state = Lock(State())

    private struct State: Sendable {
        var outcome: Result<ConnectionPool.Grant, any Error>?
        var ticket: UInt64?
        /// Of the connection, as long as the body runs and no longer: a late cancel must not hit the next caller.
        var interrupt: Interrupt?
        var isCancelled = false
    }

    /// The job of a task that wants a connection.
    struct Arrival: Sendable {
        let turn: PoolTurn
        let job: UnownedJob

        /// Goes on on the connection's thread.
        func begin(with grant: ConnectionPool.Grant) {
            turn.state.withLock { $0.outcome = .success(grant) }
            grant.member.lendThread(to: job, of: turn)
        }

        /// Goes on without a connection, to hear why.
        func refuse(_ error: any Error) {
            turn.state.withLock { $0.outcome = .failure(error) }
            DispatchQueue.global().async { unsafe job.runSynchronously(on: turn.asUnownedSerialExecutor()) }
        }
    }

    init(_ pool: ConnectionPool, _ site: AcquireSite, _ timeout: Duration?) {
        self.pool = pool
        self.site = site
        self.timeout = timeout
    }

    /// Called by the concurrency runtime for the task that enters.
    nonisolated func enqueue(_ job: consuming ExecutorJob) {
        // The runtime lends `self` without a reference, and the task, which has one, may go on and end before this call
        // does.
        let kept = unsafe Unmanaged.passRetained(self).toOpaque()
        defer { unsafe Unmanaged<PoolTurn>.fromOpaque(kept).release() }
        let arrival = Arrival(turn: self, job: UnownedJob(job))
        guard let ticket = pool.admit(arrival, site, timeout) else { return }
        let isCancelled = state.withLock { state in
            state.ticket = ticket
            return state.isCancelled
        }
        // A cancellation before the ticket was written found nobody to refuse.
        if isCancelled { pool.cancelWait(ticket) }
    }

    /// Ends the wait, or the statement that the body is running.
    nonisolated func cancel() {
        let ticket = state.withLock { state in
            state.isCancelled = true
            state.interrupt?.request()
            return state.ticket
        }
        if let ticket { pool.cancelWait(ticket) }
    }

    /// Runs `body` with the session and gives the connection back.
    func run<T: Sendable>(_ body: @Sendable (Session) throws -> T) throws -> T {
        let grant = try granted()
        begin(grant.member.interrupt)
        do {
            return try grant.member.runInPlace { session in
                do {
                    let value = try body(session)
                    end()
                    pool.giveBack(grant, session.poolVerdict(after: nil))
                    return value
                } catch {
                    end()
                    pool.giveBack(grant, session.poolVerdict(after: error))
                    throw error
                }
            }
        } catch {
            // Does nothing after the ones above; counts when a drain has closed the connection before the body began.
            end()
            pool.giveBack(grant, .lost)
            throw error
        }
    }

    /// The connection itself, for a lease.
    func keep() throws -> ConnectionPool.Grant {
        try granted()
    }

    private func granted() throws -> ConnectionPool.Grant {
        guard let outcome = state.withLock({ $0.outcome }) else {
            throw PostgresError(.usage, "a turn was taken before its connection came")
        }
        return try outcome.get()
    }

    private func begin(_ interrupt: Interrupt) {
        interrupt.reset()
        state.withLock { state in
            state.interrupt = interrupt
            if state.isCancelled { interrupt.request() }
        }
    }

    private nonisolated func end() {
        state.withLock { $0.interrupt = nil }
    }
}
