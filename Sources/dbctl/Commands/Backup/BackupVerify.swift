import ArgumentParser
import DBKit

/// `dbctl backup verify`
struct BackupVerifyCommand: Verb {
    static let schema = "dbctl.backup.verify/1"
    static let usesServer = false
    static let refuses = noTimeouts.merging([.dryRun: "it changes nothing but its own note beside each set"]) { $1 }
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every byte of backup sets and compare it with what was written.",
        discussion: """
            Example: dbctl backup verify --latest --repo /var/backups/dbctl
            It needs no server. The result is kept beside each set.
            Exit codes: 0 whole, 64 bad command line, 65 damaged (file, table and chunk are named), 66 no such set, or with --all none at all, \
            74 I/O, 77 the repository may not be read, 78 no repository configured or a set of a newer dbctl, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var choice: SetOptions

    @Argument(
        help: ArgumentHelp("Name, unique prefix, or path of the set's folder.", valueName: "set"),
        completion: .backupSet)
    var set: String?

    @Flag(help: "The newest set.")
    var latest = false

    @Flag(help: "Every set of the repository.")
    var all = false

    @Option(help: ArgumentHelp("Files read at once (default: backup.jobs, else 2).", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        guard [set != nil, latest, all].filter({ $0 }).count == 1 else {
            throw ValidationError("name one set, or give --latest or --all")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs needs a number from 1 to 256") }
    }

    func run(_ context: Context) async throws -> VerifyReports {
        let jobs = try context.setting(.backupJobs, flag: jobs) ?? 2
        var reports = try await VerifyReports.verify(
            try sets(context), jobs: jobs, run: context.runID, clock: context.clock, progress: context.progress)
        if all {
            reports.warnings = try RepositoryContents(choice.place.repository(context)).strange(of: choice.database)
        }
        return reports
    }

    private func sets(_ context: Context) throws -> [FoundSet] {
        if let set { return [try choice.find(set, context)] }
        if latest { return [try choice.latest(context)] }
        let repository = try choice.place.repository(context)
        let sets = try SetCatalog(repository).sets(of: choice.database)
        // Nothing was verified: a mistyped path must not look like a good backup.
        guard !sets.isEmpty else { throw try RepositoryContents(repository).noSets(of: choice.database) }
        return sets.map { FoundSet(repository: repository, path: $0) }
    }
}
