import ArgumentParser
import DBKit

/// `dbctl refresh show RUN`
struct RefreshShowCommand: Verb {
    static let schema = "dbctl.refresh.show/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One refresh: its figures, its largest moves, and the rows that it changed.",
        discussion: """
            Example: dbctl refresh show 01J9Z3 --limit 100
            Exit codes: 0 shown, 64 bad command line, 66 no such run, 69 unreachable, 75 busy, 76 the server refused, 77 \
            not allowed, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "A run id or its beginning.") var run: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("How many changed rows to show.", valueName: "n"))
    var limit = 20

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit needs a number of at least 0") }
    }

    func run(_ context: Context) async throws -> RefreshRunDetail {
        try await RefreshHistory(RefreshRequest(context)).show(run.uppercased(), limit: limit)
    }
}
