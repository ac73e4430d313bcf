public import Foundation

/// Who may stand in a lock's way: a session, or a prepared transaction, which has no process.
public struct LockHolder: Codable, Sendable, Hashable, Comparable {
    /// 0 is a prepared transaction.
    public var pid: Int32
    public var gid: String?

    public init(pid: Int32, gid: String? = nil) {
        self.pid = pid
        self.gid = gid
    }

    public static func < (left: LockHolder, right: LockHolder) -> Bool {
        (left.pid, left.gid ?? "") < (right.pid, right.gid ?? "")
    }
}

/// A session that waits for a lock, and all who are in its way: by what they hold, or by standing before it in the
/// queue with a wish that does not go with its own.
public struct LockWait: Codable, Sendable, Hashable {
    public var pid: Int32
    public var blockers: [LockHolder]
    /// What it wants, `AccessExclusiveLock`.
    public var mode: String
    /// `relation`, `transactionid`, `tuple` …
    public var lockType: String
    /// Nil where the lock is on no table.
    public var relation: String?
    public var databaseName: String?
    /// Since when; the server writes it a moment after the wait has begun.
    public var waitStart: Date?

    public init(
        pid: Int32, blockers: [LockHolder], mode: String = "AccessShareLock", lockType: String = "relation",
        relation: String? = nil, waitStart: Date? = nil
    ) {
        self.pid = pid
        self.blockers = blockers
        self.mode = mode
        self.lockType = lockType
        self.relation = relation
        self.waitStart = waitStart
    }
}
