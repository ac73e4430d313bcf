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
}
