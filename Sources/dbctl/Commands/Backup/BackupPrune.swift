import ArgumentParser
import DBKit

/// `dbctl backup prune`
struct BackupPruneCommand: Verb {
    static let schema = "dbctl.backup.prune/1"
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete the backup sets that the retention policy does not keep.",
        discussion: """
            Example: dbctl backup prune --keep-last 3 --keep-daily 7 --keep-weekly 4 --dry-run
            It is a dry run unless --yes is given or, on a terminal, the number of sets to delete is typed. Each \
            database is judged for itself. A set is kept when any one rule wants it; rules that are not given come from \
            backup.keep. They count good sets only (those never verified, or last found damaged, are read first) and \
            look back from the newest good set, not from today; days, weeks, months and years are those of UTC, and one \
            without a good set does not count. Always kept: pinned sets, the last good set unless --allow-last, sets \
            from the future, and sets that cannot be judged. A damaged set goes once a newer one is whole.
            Exit codes: 0 done, or nothing to do; 64 bad command line or a policy that keeps nothing, 66 no such \
            repository or database, 73 no space, 74 I/O, 75 a backup of that database runs, 77 the repository may not \
            be written, 78 no repository configured, 80 not confirmed, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: RepositoryOptions
    @OptionGroup var retention: RetentionOptions

    @Flag(help: "The last good set may be deleted, too.")
    var allowLast = false

    @Option(
        help: ArgumentHelp("Only sets of this database (default: all).", valueName: "dbname"),
        completion: .databaseOfSets)
    var database: String?

    @Option(help: ArgumentHelp("Files read at once (default: backup.jobs, else 2).", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number of at least 1") }
    }

    func run(_ context: Context) async throws -> PruneReport {
        var request = PruneRequest(
            repository: try place.repository(context), policy: try retention.policy(context), run: context.runID,
            applicationName: context.applicationName)
        request.database = database
        request.allowsLast = allowLast
        request.jobs = try context.setting(.backupJobs, flag: jobs) ?? request.jobs
        request.wait = global.wait ?? request.wait
        request.clock = context.clock
        request.progress = context.progress
        let pruning = Pruning(request)
        if global.yes, !global.dryRun { return try await pruning.run() }
        let preview = try await pruning.preview()
        guard preview.deleted > 0, Confirmation.isPossible(context) else { return preview }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            "This deletes \(preview.deleted) of \(preview.sets.count) sets", answer: String(preview.deleted))
        return try await pruning.run(only: Set(preview.sets.filter { $0.action == .delete }.map(\.path)))
    }
}
