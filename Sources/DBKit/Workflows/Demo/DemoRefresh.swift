import Operations
import Postgres
import Refresh
import Storage

/// The demo's vendor, and what is done with his file: looked at, applied, and taken back.
struct DemoRefresh: Sendable {
    let server: ConnectionParameters
    let run: OperationLog.Run
    let applicationName: String
    /// Of the feed, inside the sandbox's folder.
    let file: String

    /// Every price of the newest three months by its symbol; one of twenty closes 1 % higher.
    func writeFeed() async throws {
        let settings = SessionSettings(applicationName: applicationName)
        try await Connection.with(server, settings: settings) { connection in
            try await connection.run { session in
                let output = try OutputFile(creating: file)
                defer { output.close() }
                try session.copyOut(Query(embedded: PackageResources.demo_feed_sql)) { row in try output.write(row) }
            }
        }
    }

    func plan() async throws -> RefreshReport { try checked(await refresh("plan").plan()) }

    func apply() async throws -> RefreshReport { try checked(await refresh("run").run()) }

    func undo(_ report: RefreshReport) async throws -> RefreshUndoReport {
        try await RefreshUndo(request("undo"), runPrefix: report.runID ?? "", removesInserted: true).run()
    }

    private func refresh(_ verb: String) -> RefreshRun {
        var feed = FeedDefinition(table: "public.prices", key: ["asset_id", "date"])
        feed.name = "prices"
        feed.map["asset_id"] = FeedSource(
            header: "symbol", lookup: FeedLookup(table: "public.assets", column: "symbol"))
        return RefreshRun(request(verb), definition: feed, arguments: [file])
    }

    private func request(_ verb: String) -> RefreshRequest {
        var run = run
        (run.id, run.command, run.arguments) = (RunID.make(), "refresh \(verb)", ["--feed", "prices"])
        return RefreshRequest(server: server, run: run, applicationName: applicationName)
    }

    private func checked(_ report: RefreshReport) throws -> RefreshReport {
        if let failure = report.failure { throw failure }
        return report
    }
}
