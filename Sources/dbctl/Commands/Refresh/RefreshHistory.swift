import ArgumentParser
import DBKit

/// `dbctl refresh history`
struct RefreshHistoryCommand: Verb {
    static let schema = "dbctl.refresh.history/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "The refreshes of this database, newest first, and until when each can be undone.",
        discussion: """
            Example: dbctl refresh history --feed prices --limit 5
            A table need not be there any more: its runs are found by the name that it had.
            Exit codes: 0 listed, also when there is none; 64 bad command line, 69 unreachable, 75 busy, 76 the server \
            refused, 77 not allowed, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("Only runs of this feed.", valueName: "name"), completion: .feed)
    var feed: String?

    @Option(help: ArgumentHelp("Only runs on this table.", valueName: "table"), completion: .table(of: "feeds"))
    var table: String?

    @Option(help: ArgumentHelp("How many to list.", valueName: "n"))
    var limit = 20

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit needs a number of at least 1") }
    }

    func run(_ context: Context) async throws -> RefreshHistoryReport {
        try await RefreshHistory(RefreshRequest(context)).list(feed: feed, table: table, limit: limit)
    }
}
