import ArgumentParser
import DBKit

/// `dbctl index drop NAME`
struct IndexDropCommand: Verb {
    static let schema = "dbctl.index.drop/1"
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Drop an index that nothing needs, without stopping anybody.",
        discussion: """
            Example: dbctl index drop prices_asset_id_idx
                     dbctl index drop public.prices_asset_id_idx --yes
            It is a dry run unless --yes is given or, on a terminal, the index is typed. It goes CONCURRENTLY; those who \
            use the table are waited for at most --max-wait. A partitioned index takes a short lock and comes again for as \
            long as --wait allows.
            Exit codes: 0 done, or a dry run; 64 bad command line, 66 no such index, 69 unreachable, 75 another run or \
            build is at it, or the lock was not to be had; 76 the server refused, 77 not allowed, 78 configuration or a \
            pooler without direct_url, 80 a constraint or a partitioned index needs it, or it was not confirmed; 81 it is \
            out of use and not gone: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "The index, with its schema or as the search_path sees it.") var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Longest wait for those who use the table (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?

    func run(_ context: Context) async throws -> IndexDropReport {
        let drop = IndexDrop(try IndexRequest(context, maximumWait: maxWait), name: name)
        if global.yes, !global.dryRun { return try await drop.run() }
        let preview = try await drop.plan()
        guard Confirmation.isPossible(context) else { return preview }
        let found = preview.indexes.first?.name ?? name
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)), "This drops \(found)", answer: found)
        return try await drop.run()
    }
}
