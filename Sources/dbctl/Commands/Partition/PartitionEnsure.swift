import ArgumentParser
import DBKit

/// `dbctl partition ensure`
struct PartitionEnsureCommand: Verb {
    static let schema = "dbctl.partition.ensure/1"
    static let configuration = CommandConfiguration(
        commandName: "ensure",
        abstract: "Create the partitions that are declared and missing, without stopping anybody.",
        discussion: """
            Example: dbctl partition ensure
                     dbctl partition ensure --table user_attempts --drain-default
                     dbctl partition ensure --dry-run
            For cron. A partition exists when its bounds do, whatever its name; gaps are refilled; everything a partition \
            should have like its parent is there before it is attached. No default partition is ever created. Where there \
            is one, its lock is tried for 50 ms at a time, for as long as --wait allows. What indexes: declares for these tables is \
            complete afterwards.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 66 no such table, 69 unreachable, 75 another run or \
            somebody's lock is in the way: nothing was changed; 76 the server refused, 77 not allowed, 78 configuration or \
            a pooler without direct_url, 80 rows in the default partition (--drain-default), a name that is taken, bounds \
            of another step; 81 some tables or partitions are done: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only this of the declared tables.", valueName: "table"),
        completion: .table(of: "partitions"))
    var table: String?
    @Flag(help: "Move rows out of the default partition that belong to a new one.") var drainDefault = false
    @Option(help: ArgumentHelp("How many gaps of a table one run may fill.", valueName: "n"))
    var most: Int = 1000

    func validate() throws {
        if most < 1 { throw ValidationError("--most is at least 1") }
    }

    func run(_ context: Context) async throws -> EnsureWithIndexesReport {
        let ensure = try EnsureWithIndexes(context, table: table, drainsDefault: drainDefault, most: most)
        return global.dryRun ? try await ensure.plan() : try await ensure.run()
    }
}
