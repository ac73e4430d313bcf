import ArgumentParser
import DBKit

/// `dbctl partition verify`
struct PartitionVerifyCommand: Verb {
    static let schema = "dbctl.partition.verify/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare every partition with its parent and its neighbours.",
        discussion: """
            Example: dbctl partition verify
                     dbctl partition verify --table user_attempts --format json
            Gaps, bounds of another step, names, what is missing ahead, rows in the default partition, what interrupted \
            runs left, all that a partition should have like its parent (checks, defaults, indexes, owner, grants, \
            row-level security, replica identity, statistics, comments, triggers), and what it alone has and others have \
            not that refuses rows or sends them elsewhere: checks, unique indexes, foreign keys, triggers, publications. \
            Each finding has the command that mends it. It changes nothing.
            Exit codes: 0 nothing found, 1 findings, 64 bad command line, 66 no such table (--table), 69 unreachable, 75 \
            busy, 76 the server refused, 77 not allowed to look, 78 configuration or a pooler without direct_url, 81 some \
            tables may not be looked at; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Only this of the declared tables.", valueName: "table"),
        completion: .table(of: "partitions"))
    var table: String?

    func run(_ context: Context) async throws -> PartitionVerifyReport {
        var verify = PartitionVerify(try PartitionRequest(context), declared: try context.declaredPartitions())
        verify.table = table
        return try await verify.run()
    }
}

extension PartitionVerifyReport: CommandResult {
    var exitStatus: ExitStatus {
        if let failure { return ExitStatus(failure.category) }
        return findings.isEmpty ? .done : .negative
    }

    func human(_ style: Style) -> String {
        guard !findings.isEmpty else {
            return failure == nil || compared > 0
                ? "\(style.good("NO FINDINGS")) in \(Style.counted(compared, "partition"))" : ""
        }
        var lines = [style.warning("\(Style.counted(findings.count, "FINDING", "FINDINGS"))")]
        for finding in findings {
            lines.append("\(style.bold(finding.code.rawValue))  \(TextTable.printable(finding.message))")
            lines += finding.command.split(separator: "\n").map { "  \(TextTable.printable(String($0)))" }
        }
        return lines.joined(separator: "\n")
    }
}
