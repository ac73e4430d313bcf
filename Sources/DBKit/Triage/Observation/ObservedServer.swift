public import Foundation

/// The server and its limits.
public struct ObservedServer: Codable, Sendable, Hashable {
    public var version: String
    public var versionNumber: Int
    public var started: Date
    public var isStandby: Bool
    public var maxConnections: Int
    public var superuserReservedConnections: Int
    /// For roles with `pg_use_reserved_connections`; 0 before version 16.
    public var reservedConnections: Int
    public var maxWalSenders: Int
    public var maxPreparedTransactions: Int
    /// `autovacuum_freeze_max_age`, in transactions.
    public var freezeMaxAge: Int
    /// Who looks, and from where.
    public var role: String
    public var database: String
    public var ownPid: Int32
    /// False without pg_monitor or pg_read_all_stats: then the states of other users' sessions are unknown.
    public var seesAllSessions: Bool
    /// `tcp_keepalives_idle` as other sessions have it, in seconds; 0 is the operating system's own, two hours.
    public var keepalivesIdleS: Int?
    /// Of the server's machine, where somebody could tell.
    public var cores: Int?

    public var major: Int { versionNumber / 10_000 }

    public init(
        version: String,
        versionNumber: Int,
        started: Date,
        maxConnections: Int,
        superuserReservedConnections: Int = 3,
        reservedConnections: Int = 0,
        role: String,
        database: String
    ) {
        self.version = version
        self.versionNumber = versionNumber
        self.started = started
        isStandby = false
        self.maxConnections = maxConnections
        self.superuserReservedConnections = superuserReservedConnections
        self.reservedConnections = reservedConnections
        maxWalSenders = 10
        maxPreparedTransactions = 0
        freezeMaxAge = 200_000_000
        self.role = role
        self.database = database
        ownPid = 0
        seesAllSessions = true
    }
}

/// One database: its limit, its age, and how its sessions have ended so far.
public struct ObservedDatabase: Codable, Sendable, Hashable {
    public var name: String
    /// Nil is none.
    public var connectionLimit: Int?
    /// Transactions since `datfrozenxid`: at two thousand million the server stops taking writes.
    public var frozenXidAge: Int
    public var frozenMultixactAge: Int
    /// Sessions since the statistics were reset; also those whose client went away without a word.
    public var sessions: Int?
    public var sessionsAbandoned: Int?
    public var sessionsFatal: Int?
    public var sessionsKilled: Int?

    public init(name: String, connectionLimit: Int? = nil, frozenXidAge: Int = 0, sessions: Int? = nil) {
        self.name = name
        self.connectionLimit = connectionLimit
        self.frozenXidAge = frozenXidAge
        frozenMultixactAge = 0
        self.sessions = sessions
    }
}

/// A role that may have only so many sessions. Never a superuser: the server does not count theirs.
public struct RoleLimit: Codable, Sendable, Hashable {
    public var name: String
    public var connectionLimit: Int

    public init(name: String, connectionLimit: Int) {
        self.name = name
        self.connectionLimit = connectionLimit
    }
}
