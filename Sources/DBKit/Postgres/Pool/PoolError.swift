/// Why a pool gave no connection.
public struct PoolError: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The caller's deadline passed.
        case timedOut
        /// The pool is being drained, or has been.
        case draining
    }

    public let kind: Kind
    /// How long the caller has waited.
    public let waited: Duration
    /// At the moment of giving up, the caller itself included.
    public let counts: PoolCounts
    /// Why the pool could not open more connections, when the last attempt failed.
    public let lastConnectError: PostgresError?
    /// Where the connection that is out for the longest was taken.
    public let longestLease: AcquireSite?
}

extension PoolError: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .draining: return "the pool hands out no more connections: it is being drained"
        case .timedOut:
            var text = "no connection became free within \(waited): \(counts)"
            if let longestLease { text += "; the longest held was taken at \(longestLease)" }
            if let lastConnectError { text += "; the last connection attempt failed: \(lastConnectError)" }
            return text
        }
    }
}
