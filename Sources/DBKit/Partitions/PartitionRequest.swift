public import Operations
public import Postgres

/// What a verb of `dbctl partition` is told.
public struct PartitionRequest: Sendable {
    public var server: ConnectionParameters
    public var run: OperationLog.Run
    public var applicationName: String
    /// As `search_path` is written; nil keeps that of the login. Only tables are looked up in it.
    public var searchPath: String?
    public var lockTimeout: Duration = .seconds(2)
    public var statementTimeout: Duration = .zero
    /// How long to wait while another run is at it, or others hold the lock that ATTACH needs.
    public var wait: Duration = .seconds(60)
    public var clock: WallClock = .system
    public var progress: any ProgressSink = SilentProgress()
    /// Told of each step as it happens; from any thread.
    public var onEvent: @Sendable (PartitionEvent) -> Void = { _ in }

    public init(server: ConnectionParameters, run: OperationLog.Run, applicationName: String) {
        self.server = server
        self.run = run
        self.applicationName = applicationName
    }
}

/// A step of a run, for its log.
public enum PartitionEvent: Sendable, Hashable {
    /// A statement begins.
    case running(String)
    /// Something that an interrupted run had left is gone.
    case cleaned(String)
    case note(String)
    case retrying(String, after: Duration)
}

extension PartitionRequest {
    var settings: SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.lockTimeout = lockTimeout
        settings.statementTimeout = statementTimeout
        return settings
    }

    /// For looking only.
    var readerSettings: SessionSettings {
        var settings = settings
        settings.isReadOnly = true
        return settings
    }
}
