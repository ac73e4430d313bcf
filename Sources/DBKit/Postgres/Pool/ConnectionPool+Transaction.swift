extension ConnectionPool {
    /// Runs `body` in a transaction on a connection of its own, and again when it lost a race (40001, 40P01), also
    /// when COMMIT was what said so.
    ///
    /// Never again when the connection was lost: after COMMIT was sent, nobody knows whether it took effect
    /// (``PostgresError/isOutcomeUnknown``).
    ///
    /// - Parameters:
    ///   - mode: Nil is read write, and read only in a pool for ``PoolSettings/Access/readOnly``.
    ///   - retry: Between two tries the connection is given back.
    ///   - body: Must do nothing but work with the session, for it may run several times.
    @discardableResult
    public func transaction<T: Sendable>(
        _ mode: TransactionMode? = nil,
        retry: RetryPolicy = RetryPolicy(attempts: 5, base: .milliseconds(10), cap: .seconds(1)),
        timeout: Duration? = nil,
        fileID: String = #fileID,
        line: Int = #line,
        _ body: @Sendable (Session) throws -> T
    ) async throws -> T {
        let isReadOnly = settings.access == .readOnly
        let mode = mode ?? (isReadOnly ? .readOnly : .readWrite)
        // A standby would refuse it by itself; the primary that stands in for one would not.
        guard mode.isReadOnly || !isReadOnly else {
            throw PostgresError(.usage, "a read-write transaction was asked of a read-only pool")
        }
        return try await retry.run(
            isRetryable: { error in
                guard TransactionRetry.isSafe(error) else { return false }
                state.withLock { $0.ledger.metrics.retriedTransactions += 1 }
                return true
            },
            {
                try await withConnection(timeout: timeout, fileID: fileID, line: line) { session in
                    try session.transaction(mode, body)
                }
            }
        )
    }
}
