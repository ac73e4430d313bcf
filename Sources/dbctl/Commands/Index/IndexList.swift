import ArgumentParser
import DBKit

/// `dbctl index list [TABLE]`
struct IndexListCommand: Verb {
    static let schema = "dbctl.index.list/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The indexes of the database or of one table: state, size, use and definition.",
        discussion: """
            Example: dbctl index list
                     dbctl index list prices --format json
            Indexes of partitions are part of the partitioned table's. SCANS counts since the statistics were reset, on \
            this server only.
            Exit codes: 0 listed, also when there is none; 64 bad command line, 66 no such table, 69 unreachable, 75 busy, \
            76 the server refused, 77 not allowed, 78 configuration, 80 it is no table; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "Only of this table.", completion: .table(of: "indexes", "partitions", "feeds"))
    var table: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) async throws -> IndexListReport {
        try await IndexList(IndexRequest(context)).run(table: table)
    }
}
