/// A connection of a pool in the hands of one caller.
///
/// Give it back with ``release()``. One that is dropped without is a leak: the pool closes its connection and names the
/// place where it was taken to ``PoolSettings/onLeak``. Where one body is enough, use
/// ``ConnectionPool/withConnection(timeout:fileID:line:_:)``, which cannot leak.
public final class Lease: Sendable {
    public let site: AcquireSite
    private let pool: ConnectionPool
    private let grant: ConnectionPool.Grant
    private let state = Lock(State())

    private struct State: Sendable {
        var isReleased = false
        /// What the last body left behind.
        var verdict: Eviction?
    }

    init(_ grant: ConnectionPool.Grant, of pool: ConnectionPool, site: AcquireSite) {
        self.grant = grant
        self.pool = pool
        self.site = site
    }

    deinit {
        if !state.withLock({ $0.isReleased }) { pool.reclaimDropped(grant) }
    }

    /// Runs `body` with the session, like ``Connection/run(_:)``. A transaction may stay open until the next run.
    ///
    /// - Throws: What `body` throws; ``PostgresError`` of kind `.usage` after ``release()``.
    @discardableResult
    public func run<T: Sendable>(_ body: @Sendable (Session) throws -> T) async throws -> T {
        guard !state.withLock({ $0.isReleased }) else {
            throw PostgresError(.usage, "the connection was given back to its pool")
        }
        return try await grant.member.run { session in
            do {
                let value = try body(session)
                note(session, nil)
                return value
            } catch {
                note(session, error)
                throw error
            }
        }
    }

    private func note(_ session: Session, _ error: (any Error)?) {
        state.withLock { $0.verdict = session.poolVerdict(after: error) }
    }

    /// Gives the connection back; a second call does nothing. No body of this lease may still be running.
    public func release() {
        let (wasReleased, verdict) = state.withLock { state in
            defer { state.isReleased = true }
            return (state.isReleased, state.verdict)
        }
        if !wasReleased { pool.giveBack(grant, verdict) }
    }
}
