import ArgumentParser
import DBKit

/// `dbctl backup check`
struct BackupCheckCommand: Verb {
    static let schema = "dbctl.backup.check/1"
    static let usesServer = false
    static let isMonitor = true
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Are there fresh, verified backups: for a monitoring system.",
        discussion: """
            Example: dbctl backup check --max-age 26h --max-drill-age 8d --repo /var/backups/dbctl
            Judges each database of the repository, or those named, by the newest set that was verified and by the last \
            drill that succeeded; the worst database counts. It reads notes and needs no server. With --quiet nothing is printed when all is \
            well, as cron likes it.
            CRITICAL: no good set, none younger than --max-age, or no repository. WARNING: the newest set is damaged or \
            was never verified while an older one is good, a drill is overdue, or sets lie in the future.
            Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (no repository configured, or it may not be read), 64 bad \
            command line, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: RepositoryOptions

    @Option(
        help: ArgumentHelp(
            "Oldest that the newest good set may be (default: backup.max_age, else 26h).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxAge: Duration?

    @Option(
        help: ArgumentHelp("The same for the last successful drill (default: backup.max_drill_age).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxDrillAge: Duration?

    @Option(
        help: ArgumentHelp("Only this database; may be repeated (default: all).", valueName: "dbname"),
        completion: .databaseOfSets)
    var database: [String] = []

    func run(_ context: Context) async throws -> FreshnessReport {
        FreshnessReport.check(
            try place.repository(context), databases: database,
            maximumAge: try context.required(.backupMaxAge, flag: maxAge, option: "--max-age"),
            maximumDrillAge: try context.setting(.backupMaxDrillAge, flag: maxDrillAge), clock: context.clock)
    }
}

extension FreshnessReport: CommandResult {
    var exitStatus: ExitStatus { ExitStatus(verdict) }

    func human(_ style: Style) -> String {
        let line = "\(style.verdict(verdict)): \(TextTable.printable(summary))"
        guard !databases.isEmpty else { return line }
        var table = TextTable("VERDICT", "DATABASE", "NEWEST GOOD SET", .right("AGE"), "DRILLED", "")
        for own in databases {
            table.add(
                style.verdict(own.verdict), own.database, own.set ?? "none", own.age.map(Style.span) ?? "",
                own.drilled.map(style.age) ?? "never", own.problems.joined(separator: "; "))
        }
        return line + "\n\n" + table.rendered(style)
    }
}
