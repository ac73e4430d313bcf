public import Operations
public import Storage

/// What retention is asked to do.
public struct PruneRequest: Sendable {
    public var repository: any Repository
    public var policy: RetentionPolicy
    /// Nil: every database of the repository, each for itself.
    public var database: String?
    /// The last good set may go, too.
    public var allowsLast = false
    /// Files that are read at once where a set has to be verified.
    public var jobs = 2
    /// For the lock of another run on the same database.
    public var wait = Duration.zero
    public var run: RunID
    /// `dbctl backup prune 01J…`; whoever has to wait is told.
    public var applicationName: String
    public var clock = WallClock.system
    public var progress: any ProgressSink = SilentProgress()

    public init(
        repository: any Repository, policy: RetentionPolicy, run: RunID, applicationName: String
    ) {
        self.repository = repository
        self.policy = policy
        self.run = run
        self.applicationName = applicationName
    }

    /// - Throws: `backup.policy_empty` (B16): a policy that keeps nothing is a mistake far more often than a wish.
    public func checkPolicy() throws(Failure) {
        guard policy.keepsNothing, policy.isUnset || !allowsLast else { return }
        throw Failure(
            .backupPolicyEmpty,
            policy.isUnset
                ? "no retention policy was given, and none is configured"
                : "this retention policy keeps nothing, not even the last good set",
            detail: "Nothing was deleted.",
            hint: policy.isUnset
                ? "say how many to keep: --keep-daily 7 --keep-weekly 4, or backup.keep in dbctl.yaml"
                : "raise one of the --keep options; --allow-last really deletes every set that is not pinned")
    }
}
