/// What `dbctl.refresh_runs` and `dbctl.refresh_changes` say.
public struct RefreshHistory: Sendable {
    public var request: RefreshRequest

    public init(_ request: RefreshRequest) {
        self.request = request
    }

    /// Newest first.
    ///
    /// - Parameters: feed: Only its runs. table: only those of this table.
    public func list(feed: String?, table: String?, limit: Int) async throws -> RefreshHistoryReport { fatalError() }

    /// - Parameter prefix: A run id or its beginning.
    /// - Throws: `refresh.run_not_found`.
    public func show(_ prefix: String, limit: Int) async throws -> RefreshRunDetail { fatalError() }
}
