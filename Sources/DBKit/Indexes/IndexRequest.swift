public import Operations
public import Postgres

/// What a verb of `dbctl index` is told.
public struct IndexRequest: Sendable {
    public var server: ConnectionParameters
    public var run: OperationLog.Run
    public var applicationName: String
    /// As `search_path` is written; nil keeps that of the login. Tables, and what expressions call, are looked up in it.
    public var searchPath: String?
    public var lockTimeout: Duration = .seconds(2)
    public var statementTimeout: Duration = .zero
    /// How long to wait while another run, or somebody else's build, is at the table.
    public var wait: Duration = .seconds(60)
    /// How long a CONCURRENTLY statement may wait for others' transactions.
    public var maximumWait: Duration = .seconds(600)
    public var clock: WallClock = .system
    public var progress: any ProgressSink = SilentProgress()
    /// Told of each step as it happens; from any thread.
    public var onEvent: @Sendable (IndexEvent) -> Void = { _ in }
    /// The free bytes of the file system of a path on the server's machine; nil: nobody can say.
    public var freeBytes: @Sendable (String) -> Int64? = ServerDisk.freeBytes

    public init(server: ConnectionParameters, run: OperationLog.Run, applicationName: String) {
        self.server = server
        self.run = run
        self.applicationName = applicationName
    }
}

/// A step of a run, for its log.
public enum IndexEvent: Sendable, Hashable {
    /// A statement begins.
    case running(String)
    /// The statement waits for others' transactions.
    case waiting(phase: String, blockers: [String])
    /// Something that an interrupted run had left is gone.
    case cleaned(String)
    case note(String)
    /// Something may be left, and there may be no time to say so later.
    case left(String)
    case retrying(String, after: Duration)
}

extension IndexRequest {
    var settings: SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.lockTimeout = lockTimeout
        settings.statementTimeout = statementTimeout
        settings.searchPath = searchPath
        return settings
    }

    /// For CONCURRENTLY forms: their waits stall nobody, and a timeout would leave debris. ``ConcurrentStatement`` bounds
    /// them.
    var concurrentSettings: SessionSettings {
        var settings = settings
        settings.lockTimeout = .zero
        return settings
    }

    /// For looking on, from the side.
    var watcherSettings: SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.isReadOnly = true
        return settings
    }

    /// For verbs that only read; names in what they say are qualified.
    var readerSettings: SessionSettings {
        var settings = watcherSettings
        settings.lockTimeout = lockTimeout
        settings.statementTimeout = statementTimeout
        return settings
    }

    /// The row of this run.
    func record(on connection: Connection) -> RunRecord {
        RunRecord(run, on: connection, server: server, settings: settings, clock: clock) { [onEvent] in
            onEvent(.note($0))
        }
    }
}
