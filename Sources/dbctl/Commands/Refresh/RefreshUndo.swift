import ArgumentParser
import DBKit

/// `dbctl refresh undo RUN`
struct RefreshUndoCommand: Verb {
    static let schema = "dbctl.refresh.undo/1"
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Put back what a refresh changed, row by row, where nobody has changed it since.",
        discussion: """
            Example: dbctl refresh undo 01J9Z3
                     dbctl refresh undo 01J9Z3 --remove-inserted --yes
            It is a dry run unless --yes is given or, on a terminal, the table is typed. Rows that the run changed get \
            back what stood there; rows that it inserted stay, unless --remove-inserted; rows that somebody has edited or \
            deleted since are left alone and listed. A run can be undone as long as its pre-images are kept (undo_keep of \
            the feed, 30 days). A run whose batches are only partly in is undone as far as it came.
            Columns that triggers of the table write at an UPDATE are as these write them then.
            Exit codes: 0 done, or nothing to do; 1 nothing could be put back: every row was edited since, or has to \
            stay; 64 bad command line, 66 no such run or table, 69 unreachable, 75 \
            another run is at it or rows stayed busy, 76 the server refused, 77 not allowed, 78 configuration, 80 it \
            cannot be undone, or was not confirmed; 81 partly done: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "A run id or its beginning.") var run: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Flag(help: "Delete the rows that it inserted and nobody has edited since, too.")
    var removeInserted = false

    func run(_ context: Context) async throws -> RefreshUndoReport {
        let undo = RefreshUndo(
            try RefreshRequest(context), runPrefix: run.uppercased(), removesInserted: removeInserted)
        if global.yes, !global.dryRun { return try await undo.run() }
        let preview = try await undo.plan()
        guard preview.restored + preview.removed > 0, Confirmation.isPossible(context) else { return preview }
        let table = preview.tableNow ?? preview.table
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            "This changes \(Style.counted(preview.restored + preview.removed, "row")) of \(table)", answer: table)
        return try await undo.run()
    }
}
