import ArgumentParser
import DBKit

/// `dbctl partition list`
struct PartitionListCommand: Verb {
    static let schema = "dbctl.partition.list/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every partition with its range, about how many rows, and its size.",
        discussion: """
            Example: dbctl partition list
                     dbctl partition list --table user_attempts --format json
            Rows are those of the last ANALYZE; sizes are with indexes and TOAST.
            Exit codes: 0 listed, also when there is none; 64 bad command line, 66 no such table, 69 unreachable, 75 busy, \
            76 the server refused, 77 not allowed, 78 configuration, 80 a table that is not partitioned, 81 some tables \
            could not be listed; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only this of the declared tables.", valueName: "table"),
        completion: .table(of: "partitions"))
    var table: String?

    func run(_ context: Context) async throws -> PartitionListReport {
        var list = PartitionList(try PartitionRequest(context), declared: try context.declaredPartitions())
        list.table = table
        return try await list.run()
    }
}
