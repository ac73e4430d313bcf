public import Foundation

/// One server process with a user or a database, as `pg_stat_activity` shows it.
public struct ObservedSession: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        case client, walsender, autovacuum, parallel, background
        /// The observer may not see what it is.
        case unknown
    }

    /// What a session is doing; nil where the observer may not see it, or where it is no client's.
    public enum State: String, Codable, Sendable {
        case active, idle, disabled, starting
        case idleInTransaction = "idle in transaction"
        case idleInTransactionAborted = "idle in transaction (aborted)"
        case fastpath = "fastpath function call"
    }

    public var pid: Int32
    /// Of a parallel worker: whom it works for.
    public var leaderPid: Int32?
    /// With the pid the name of a session: a pid alone may have been given to another one meanwhile.
    public var backendStart: Date?
    public var userName: String?
    public var databaseName: String?
    public var applicationName: String
    /// Nil over a socket.
    public var clientAddress: String?
    public var kind: Kind
    public var state: State?
    public var stateChange: Date?
    public var transactionStart: Date?
    public var queryStart: Date?
    public var waitEventType: String?
    public var waitEvent: String?
    /// Transactions since its own, or since the oldest that it may still look at.
    public var xidAge: Int?
    public var xminAge: Int?
    /// The first 200 characters; nil where the observer may not see it.
    public var query: String?
    public var isSuperuser: Bool

    /// False when the observer's role may not see what the session does.
    public var isVisible: Bool { kind != .unknown }

    public var isIdleInTransaction: Bool { state == .idleInTransaction || state == .idleInTransactionAborted }

    public init(
        pid: Int32, kind: Kind = .client, state: State? = .idle, userName: String? = "app",
        databaseName: String? = "app", applicationName: String = "", clientAddress: String? = nil,
        isSuperuser: Bool = false
    ) {
        self.pid = pid
        self.kind = kind
        self.state = state
        self.userName = userName
        self.databaseName = databaseName
        self.applicationName = applicationName
        self.clientAddress = clientAddress
        self.isSuperuser = isSuperuser
    }
}

extension ObservedSession.Kind {
    /// - Parameter backendType: Nil where the role may not see it.
    init(backendType: String?, isReplicating: Bool) {
        switch backendType {
        case "client backend": self = .client
        case "walsender": self = .walsender
        case "autovacuum worker": self = .autovacuum
        case "parallel worker": self = .parallel
        // Who replicates is in a view of its own, which hides nobody.
        case nil: self = isReplicating ? .walsender : .unknown
        default: self = .background
        }
    }
}
