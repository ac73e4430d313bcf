public import Operations
public import Postgres

/// What every verb that changes the history of migrations is told.
public struct MigrationRequest: Sendable {
    public var server: ConnectionParameters
    public var run: OperationLog.Run
    public var applicationName: String
    /// How long a transaction may make others wait behind it, all its statements together.
    public var lockTimeout: Duration = .seconds(2)
    /// Of each statement; zero is no limit.
    public var statementTimeout: Duration = .zero
    /// How long to wait while another run is at it.
    public var wait: Duration = .seconds(60)
    /// How often a transaction that lost the race for a lock is tried again.
    public var retries = 5
    /// How long CREATE INDEX CONCURRENTLY and its like may wait for others' transactions, which stalls nobody.
    public var maximumWait: Duration = .seconds(3600)
    /// As `search_path` is written, for the statements of the files. Nil keeps that of the login.
    public var searchPath: String?
    public var clock: WallClock = .system
    /// Told of each step as it happens; from any thread.
    public var onEvent: @Sendable (MigrationEvent) -> Void = { _ in }

    public init(server: ConnectionParameters, run: OperationLog.Run, applicationName: String) {
        self.server = server
        self.run = run
        self.applicationName = applicationName
    }

    /// As the statements of the files find it: with ``searchPath``, else with the `search_path` of the login.
    var settings: SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.lockTimeout = lockTimeout
        settings.statementTimeout = statementTimeout
        settings.searchPath = searchPath
        // A statement may run for hours without a word, and a hook or a person's clock decides how long it may.
        settings.idleInTransactionTimeout = .seconds(600)
        return settings
    }
}

/// A step of a run, for a deploy log.
public enum MigrationEvent: Sendable, Hashable {
    case started(migration: String, isUndo: Bool, statements: Int, resumingAt: Int?)
    /// A transaction lost the race for a lock and comes again.
    case retrying(migration: String, reason: String, attempt: Int, of: Int, after: Duration)
    /// A statement outside of a transaction waits, or builds.
    case running(statement: String, phase: String, blockers: [String])
    /// What an interrupted run had left was removed.
    case cleaned(String)
    case finished(migration: String, isUndo: Bool, duration: Duration)
}
