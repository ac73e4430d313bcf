public import Operations
public import Postgres

/// What a verb of `dbctl refresh` is told.
public struct RefreshRequest: Sendable {
    public var server: ConnectionParameters
    public var run: OperationLog.Run
    public var applicationName: String
    /// As `search_path` is written; nil keeps that of the login. The target is looked up in it.
    public var searchPath: String?
    public var lockTimeout: Duration = .seconds(2)
    public var statementTimeout: Duration = .zero
    /// How long to wait for another run on the same table, and for busy rows.
    public var wait: Duration = .seconds(60)
    public var clock: WallClock = .system
    public var progress: any ProgressSink = SilentProgress()
    /// Told of each step as it happens; from any thread.
    public var onEvent: @Sendable (RefreshEvent) -> Void = { _ in }

    public init(server: ConnectionParameters, run: OperationLog.Run, applicationName: String) {
        self.server = server
        self.run = run
        self.applicationName = applicationName
    }
}

/// A step of a run, for its log.
public enum RefreshEvent: Sendable, Hashable {
    /// A transaction met a busy row, or lost a deadlock, and comes again.
    case retrying(reason: String, attempt: Int, after: Duration)
    case applied(batch: Int, inserted: Int64, updated: Int64)
    /// So many rows stand in the table as they are and were not sent to the server; why no others were looked for.
    case leftOut(rows: Int64, because: String?)
    /// An interrupted run had left something behind.
    case cleaned(String)
    case resuming(runID: String, batch: Int)
}
