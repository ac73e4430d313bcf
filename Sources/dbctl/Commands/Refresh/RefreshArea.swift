import ArgumentParser

struct RefreshArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Load files into a table that is in use: only what is new or has changed, checked, and undoable.",
        discussion: """
            Example: dbctl refresh run --feed prices prices.csv
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            RefreshRunCommand.self, RefreshPlanCommand.self, RefreshHistoryCommand.self, RefreshShowCommand.self,
            RefreshUndoCommand.self,
        ]
    )
}
