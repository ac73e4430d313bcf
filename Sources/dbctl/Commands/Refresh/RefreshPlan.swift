import ArgumentParser
import DBKit

/// `dbctl refresh plan`
struct RefreshPlanCommand: Verb {
    static let schema = "dbctl.refresh.plan/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What run would write, and whether it would be refused; nothing is written.",
        discussion: """
            Example: dbctl refresh plan --feed prices prices.csv
            The files are read, checked and compared with the table as for a run, in one transaction that is rolled back. \
            Files of rejected records are written only where --rejected names one. The exit code is the one that run \
            would have, but for what only the writing shows: the table's own triggers and other constraints than the \
            key's and the checks and foreign keys of the fed columns can still refuse a run (76, 78), and rows that \
            triggers drop (suppressed) are counted as written.
            Exit codes: 0 it would be written, or nothing to do; 64 bad command line, 65 a file that cannot be read, \
            rejected records or conflicting duplicates; 66 no such file or table, 69 unreachable, 73 the file of \
            --rejected cannot be created, 74 I/O, 75 busy, 76 the server refused, 77 not allowed, 78 configuration, 80 a \
            guard would refuse, no unique index or a missing partition; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(
        help: ArgumentHelp("Files or patterns; - is standard input.", valueName: "file"), completion: .file())
    var files: [String]

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var feed: FeedOptions

    func validate() throws {
        try feed.validate(files, global)
    }

    func run(_ context: Context) async throws -> RefreshOutcome {
        RefreshOutcome(report: try await feed.refresh(files, context).plan())
    }
}
