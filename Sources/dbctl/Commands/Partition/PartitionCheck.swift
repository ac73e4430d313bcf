import ArgumentParser
import DBKit

/// `dbctl partition check`
struct PartitionCheckCommand: Verb {
    static let schema = "dbctl.partition.check/1"
    static let isMonitor = true
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Will rows still find their partition: for a monitoring system.",
        discussion: """
            Example: dbctl partition check --horizon 7d
            WARNING when fewer partitions lie ahead than are declared, or the past has a gap; CRITICAL when writes fail \
            now or within --horizon (default: until the end of the next partition). With a default partition they do not \
            fail, which is WARNING. It reads the catalog, and of keys of numbers the largest one.
            Exit codes: 0 OK, 1 WARNING, 2 CRITICAL (also unreachable, exhausted, refused, or a declared table that is not \
            there: the code says why), 3 UNKNOWN (the role may not see it: the message names the GRANT; no such --table; a \
            mistake in dbctl.yaml), 64 bad command line, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only this of the declared tables.", valueName: "table"),
        completion: .table(of: "partitions"))
    var table: String?
    @Option(
        help: ArgumentHelp("Within which writes must not begin to fail; not for keys of numbers.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var horizon: Duration?

    func run(_ context: Context) async throws -> PartitionCheckReport {
        var check = PartitionCheck(try PartitionRequest(context), declared: try context.declaredPartitions())
        check.table = table
        check.horizon = horizon
        return try await check.run()
    }
}

extension PartitionCheckReport: CommandResult {
    var exitStatus: ExitStatus { ExitStatus(verdict) }

    func human(_ style: Style) -> String {
        "\(style.verdict(verdict)): \(TextTable.printable(summary)) | \(performanceData)"
    }

    /// As Nagios and its kin read it.
    private var performanceData: String {
        sets.map { "'\($0.table)'=\($0.future);\($0.ahead):;;0" }.joined(separator: " ")
    }
}
