/// Why a connection does not go back to the pool.
public enum Eviction: String, Sendable, Hashable, CaseIterable {
    /// Its server process is gone, or the session says that it cannot be used.
    case lost
    /// The body left a transaction open; closing is the one way to end it that cannot fail.
    case openTransaction = "open_transaction"
    /// It did not answer the ping.
    case ping
    case lifetime
    case idle
    /// It was one more than the pool keeps.
    case overflow
    /// Its lease was dropped without release.
    case leaked
    case drained

    /// What a body leaves behind: the error that it threw, and the session that it was given.
    static func reason(after error: (any Error)?, isUsable: Bool, isInTransaction: Bool) -> Eviction? {
        // The error counts too: after 08* or 57P01 libpq may not have noticed yet.
        if !isUsable || (error as? PostgresError)?.isConnectionLost == true { return .lost }
        return isInTransaction ? .openTransaction : nil
    }

    /// When a connection opened now has to be replaced: within the last part (`jitter`, 0 to 1) of its lifetime.
    static func endOfLife(
        openedAt: ContinuousClock.Instant,
        lifetime: Duration,
        jitter: Double,
        using generator: inout some RandomNumberGenerator
    ) -> ContinuousClock.Instant {
        let share = min(max(jitter, 0), 1)
        return openedAt + lifetime * (1 - share * Double.random(in: 0...1, using: &generator))
    }
}
