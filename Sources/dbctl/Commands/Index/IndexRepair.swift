import ArgumentParser
import DBKit

/// `dbctl index repair`
struct IndexRepairCommand: Verb {
    static let schema = "dbctl.index.repair/1"
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Drop or rebuild what interrupted builds left INVALID; rebuild what is bloated.",
        discussion: """
            Example: dbctl index repair --dry-run
                     dbctl index repair --bloat 80%
            What REINDEX CONCURRENTLY and DROP INDEX CONCURRENTLY left is dropped; other INVALID indexes are rebuilt, and so \
            are B-trees of which more than half is empty, all without stopping anybody. A build that is alive is left alone; \
            so is an index that was in use until a DROP of it was interrupted, which `dbctl index drop` finishes. A table that \
            is locked is waited for as long as --wait allows, after all others.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 rows with the same key, 69 unreachable, 75 \
            another run is at it, a table is locked, or others' transactions lasted too long; 76 the server refused, 77 not allowed, 78 \
            configuration or a pooler without direct_url, 81 something INVALID is left: run it again; 130 SIGINT, 143 \
            SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Rebuild B-trees of which more than this is empty (default: 50%).", valueName: "share"),
        transform: { try Double(percent: $0) })
    var bloat: Double?
    @Option(
        help: ArgumentHelp("Longest wait for others' transactions (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?

    func run(_ context: Context) async throws -> IndexRepairReport {
        var repair = IndexRepair(try IndexRequest(context, maximumWait: maxWait))
        repair.bloat = bloat ?? repair.bloat
        return global.dryRun ? try await repair.plan() : try await repair.run()
    }
}
