/// The size of a pool and its limits in time.
public struct PoolSettings: Sendable {
    /// Which kind of server the connections of a pool lead to, and what may be done on them.
    public enum Access: Sendable, Hashable {
        /// Whatever the connection parameters say.
        case any
        /// `target_session_attrs=read-write`: of several hosts the one that takes writes.
        case readWrite
        /// `target_session_attrs=prefer-standby`, every session read only: a standby where there is one, else the
        /// primary. (`read-only` would leave an installation of a single server without a read-only pool.)
        case readOnly
    }

    /// Connections kept open although nobody needs them.
    public var minimum: Int
    /// Connections kept for reuse.
    public var maximum: Int
    /// Connections beyond ``maximum``, opened when all of those are taken and closed as soon as nobody waits.
    public var overflow: Int
    public var access = Access.any

    /// How long a caller waits for a connection, opening one included.
    public var acquireTimeout: Duration = .seconds(30)
    /// For one connection attempt.
    public var connectTimeout: Duration = .seconds(10)
    /// Between failed attempts, for as long as somebody waits. See ``ConnectRetry`` for what is tried again.
    public var connectRetry = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .seconds(2))
    /// A connection that lay idle for longer is asked whether it still lives before somebody gets it.
    public var pingAfter: Duration = .seconds(1)
    public var pingTimeout: Duration = .seconds(1)
    /// A connection this old is replaced when it comes back: memory of its server process, and of changes to routing.
    public var lifetime: Duration = .seconds(1800)
    /// The part of ``lifetime`` that is left to chance, so that connections opened together do not end together.
    public var lifetimeJitter = 0.2
    /// Idle connections beyond ``minimum`` are closed after this time.
    public var idleTimeout: Duration = .seconds(300)
    /// A lease held for longer is reported to ``onLeak`` (once); nil reports only those that were dropped.
    public var leakThreshold: Duration?
    /// How often idle connections and leases are looked through.
    public var upkeepInterval: Duration = .seconds(10)
    /// Hears of every lease that was dropped without release, or that is held beyond ``leakThreshold``.
    public var onLeak: (@Sendable (PoolLeak) -> Void)?

    public init(minimum: Int = 0, maximum: Int, overflow: Int = 0) {
        self.maximum = max(1, maximum)
        self.minimum = min(max(0, minimum), self.maximum)
        self.overflow = max(0, overflow)
    }
}

/// Where in the source a connection was asked for.
public struct AcquireSite: Sendable, Hashable, CustomStringConvertible {
    public let fileID: String
    public let line: Int

    public init(fileID: String = #fileID, line: Int = #line) {
        self.fileID = fileID
        self.line = line
    }

    public var description: String { "\(fileID):\(line)" }
}

/// A connection that did not come back.
public struct PoolLeak: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The lease was dropped without release; the pool closes its connection.
        case dropped
        /// The lease is held for longer than ``PoolSettings/leakThreshold``; it stays valid.
        case overdue
    }

    public let kind: Kind
    public let site: AcquireSite
    public let held: Duration

    public var description: String {
        switch kind {
        case .dropped: "a connection taken at \(site) was dropped without release after \(held)"
        case .overdue: "a connection taken at \(site) is held for \(held)"
        }
    }
}
