import ArgumentParser
import DBKit

/// `dbctl partition plan`
struct PartitionPlanCommand: Verb {
    static let schema = "dbctl.partition.plan/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What ensure would do: partitions, statements, locks, rows to be moved.",
        discussion: """
            Example: dbctl partition plan
                     dbctl partition plan --table user_attempts --drain-default
            It changes nothing and takes no lock that others wait for.
            Exit codes: 0 it can be done, or there is nothing to do; 64 bad command line, 66 no such table, 69 unreachable, \
            75 busy, 76 the server refused, 77 not allowed, 78 configuration or a pooler without direct_url, 80 something \
            stands in the way, 81 something stands in the way of some tables, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only this of the declared tables.", valueName: "table"),
        completion: .table(of: "partitions"))
    var table: String?
    @Flag(help: "Count the rows that would be moved out of the default partition.") var drainDefault = false
    @Option(help: ArgumentHelp("How many gaps of a table one run may fill.", valueName: "n"))
    var most: Int = 1000

    func validate() throws {
        if most < 1 { throw ValidationError("--most is at least 1") }
    }

    func run(_ context: Context) async throws -> EnsureWithIndexesReport {
        try await EnsureWithIndexes(context, table: table, drainsDefault: drainDefault, most: most).plan()
    }
}

extension EnsureWithIndexes {
    init(_ context: Context, table: String?, drainsDefault: Bool, most: Int) throws {
        var ensure = PartitionEnsure(try PartitionRequest(context), declared: try context.declaredPartitions())
        ensure.table = table
        ensure.drainsDefault = drainsDefault
        ensure.most = most
        var indexes = try IndexRequest(context)
        // A row of its own in `dbctl.operations`.
        indexes.run.id = RunID.make()
        indexes.run.command = "index apply"
        let declared = context.configuration.declaresIndexes ? try context.configuration.indexes() : []
        self.init(ensure, indexes, declared: declared)
    }
}
