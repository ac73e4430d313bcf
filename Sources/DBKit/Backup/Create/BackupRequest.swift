public import Operations
public import Postgres
public import Storage
public import Tools

/// What `backup create` is asked to do.
public struct BackupRequest: Sendable {
    public var server: ConnectionParameters
    public var repository: any Repository
    public var tools: ClientTools.Search
    public var run: RunID
    /// What the set is called after its time; nil: the run.
    public var mark: RunID?
    public var dbctlVersion: String
    /// `dbctl backup create 01J…`; shown by the server.
    public var applicationName: String
    public var jobs = 2
    public var compression = Compression.standard
    public var copyFormat = CopyFormatChoice.auto
    public var excludedTableData: [TablePattern] = []
    /// The only tables whose rows are kept; empty keeps all. Definitions are always those of the whole database.
    public var onlyTableData: [TablePattern] = []
    /// The snapshot holds vacuum back; older than this and the backup gives up.
    public var maximumSnapshotAge: Duration?
    public var includesRolePasswords = false
    /// What the role cannot see is a failure instead of a list.
    public var requiresAll = false
    /// For locks on tables, in all.
    public var lockWait = Duration.seconds(60)
    /// For the lock of another run on the same database.
    public var wait = Duration.zero
    /// Tables bigger than twice this are read in pieces of about this size, by several workers. 16 MiB of heap: small
    /// enough to keep all of them busy to the end and to be gathered in memory once compressed, large enough to
    /// compress well.
    public var chunkPages: Int64 = 2048
    /// The sets of another server, whose place this one has taken, are its own from now on.
    public var acceptsOtherServer = false
    /// What to keep of the database's sets once this one is made; nil: everything.
    public var retention: RetentionPolicy?
    public var clock = WallClock.system
    public var progress: any ProgressSink = SilentProgress()

    public init(
        server: ConnectionParameters, repository: any Repository, tools: ClientTools.Search, run: RunID,
        dbctlVersion: String, applicationName: String
    ) {
        self.server = server
        self.repository = repository
        self.tools = tools
        self.run = run
        self.dbctlVersion = dbctlVersion
        self.applicationName = applicationName
    }
}
