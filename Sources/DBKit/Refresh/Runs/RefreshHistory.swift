import Operations
import Postgres

/// What `dbctl.refresh_runs` and `dbctl.refresh_changes` say.
public struct RefreshHistory: Sendable {
    public var request: RefreshRequest

    public init(_ request: RefreshRequest) {
        self.request = request
    }

    /// Newest first.
    ///
    /// - Parameters: feed: Only its runs. table: only those of this table, and of one that had its name when they ran; it
    ///   need not be there any more.
    public func list(feed: String?, table: String?, limit: Int) async throws -> RefreshHistoryReport {
        try await read { session in
            let target = try table.map { try Self.target($0, in: session) }
            let runs = try RecordedRun.list(prefix: nil, feed: feed, table: target, limit: limit, in: session)
            return RefreshHistoryReport(feed: feed, table: table, runs: runs.map(\.record))
        }
    }

    private static func target(_ written: String, in session: Session) throws -> (oid: Int64?, names: [String]) {
        do {
            let found = try session.savepoint { try TargetTable.read(written, writing: false, in: $0) }
            return (found.oid, [found.qualifiedName])
        } catch let failure as Failure where failure.code == .refreshTableNotFound {
            let bare = written.filter { $0 != "\"" }
            return (nil, [bare, bare.lowercased()])
        } catch {
            throw error
        }
    }

    /// - Parameter prefix: A run id or its beginning.
    /// - Throws: `refresh.run_not_found`.
    public func show(_ prefix: String, limit: Int) async throws -> RefreshRunDetail {
        try await read { session in
            let run = try RecordedRun.find(prefix, in: session)
            let (changes, count) = try RunChanges(run).list(limit, in: session)
            return RefreshRunDetail(run: run.record, moves: run.moves, changes: changes, changesCount: count)
        }
    }

    private func read<T: Sendable>(_ body: @Sendable (Session) throws -> T) async throws -> T {
        try await Connection.with(request.server, settings: request.settings) { connection in
            try await connection.run { session in try session.transaction(.readOnly, body) }
        }
    }
}
