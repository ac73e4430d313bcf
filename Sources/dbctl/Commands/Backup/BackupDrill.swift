import ArgumentParser
import DBKit

/// `dbctl backup drill`
struct BackupDrillCommand: Verb {
    static let schema = "dbctl.backup.drill/1"
    static let refuses = noTimeouts
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Restore a set where nobody lives, compare every row, remove it, and note how long it took.",
        discussion: """
            Example: dbctl backup drill --latest --repo /var/backups/dbctl
            Without --into it needs no running server, only the server programs: the set is restored into a throwaway \
            cluster of its own major version, or of the nearest later one that is installed here. With --into it is \
            restored into a new database of that name on the server of the URL, and dropped again. --dry-run reads every \
            byte of the set, looks for the place, and restores and notes nothing.
            Exit codes: 0 every row came back, 64 bad command line, 65 not all did or the set is damaged, 66 no such \
            set, 69 server unreachable, 70 a bug in dbctl, 73 no space or the database of --into exists, 74 I/O or the \
            cluster did not start, 75 busy, 76 the server refused a statement, 77 permission, 78 no server programs, \
            or roles or extensions are missing, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var choice: SetOptions

    @Argument(
        help: ArgumentHelp("Name, unique prefix, or path of the set's folder.", valueName: "set"),
        completion: .backupSet)
    var set: String?

    @Flag(help: "The newest set.")
    var latest = false

    @Option(help: ArgumentHelp("A new database on the server of the URL, dropped afterwards.", valueName: "dbname"))
    var into: String?

    @Option(
        help: ArgumentHelp(
            "Connections that load and build at the same time (default: backup.jobs, else 2).", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        guard (set != nil) != latest else { throw ValidationError("name one set, or give --latest") }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs needs a number from 1 to 256") }
        if let into { try RestoreTarget.validate(into) }
    }

    func run(_ context: Context) async throws -> DrillOutcome {
        let found = try set.map { try choice.find($0, context) } ?? choice.latest(context)
        let drill = SetDrill(
            found, on: try await ground(context), jobs: try context.setting(.backupJobs, flag: jobs) ?? 2,
            run: context.runID, clock: context.clock, progress: context.progress)
        return global.dryRun ? .preview(try await drill.preview()) : .held(try await drill())
    }

    private func ground(_ context: Context) async throws -> SetDrill.Ground {
        if let into { return .scratch(try context.connectionParameters(direct: true), database: into) }
        return .throwaway(try await context.installedServers(), root: context.sandboxRoot)
    }
}
