import ArgumentParser
import DBKit

/// `dbctl refresh run`
struct RefreshRunCommand: Verb {
    static let schema = "dbctl.refresh.run/1"
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Write what is new or has changed in the files; nothing is deleted.",
        discussion: """
            Example: dbctl refresh run --feed prices prices-2024-06-10.csv.gz
                     curl -fsS https://vendor.example/eod.csv | dbctl refresh run --feed prices --rejected bad.csv -
                     dbctl refresh run --table prices --key asset_id,date --map close=Close --dry-run prices.csv
            A feed is an entry under feeds: of dbctl.yaml; options win over it. Every record is checked before anything \
            is written, guards look at what would change, and a run is refused as a whole. The files may be .gz or .zst. \
            Rows that others hold are waited for (--wait, default 60s), never blocked. What a run changed can be taken \
            back with dbctl refresh undo.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 a file that cannot be read, rejected records or \
            conflicting duplicates, nothing was written; 66 no such file or table, 69 unreachable, 73 the file of \
            rejected records cannot be created, 74 I/O, 75 another run is at it or rows stayed busy, 76 the server \
            refused, 77 not allowed, 78 configuration, 80 a guard refused, no unique index or a missing partition, 81 \
            some batches are in: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(
        help: ArgumentHelp("Files or patterns; - is standard input.", valueName: "file"), completion: .file())
    var files: [String]

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var feed: FeedOptions

    func validate() throws {
        try feed.validate(files, global)
    }

    func run(_ context: Context) async throws -> RefreshOutcome {
        var refresh = try feed.refresh(files, context)
        guard !global.dryRun else { return RefreshOutcome(report: try await refresh.plan()) }
        if refresh.definition.backupBefore { refresh.backup = try backup(refresh.definition, context) }
        return RefreshOutcome(report: try await refresh.run())
    }

    /// Beside the repository's own sets, of which a set with one table's rows must never be the newest.
    private func backup(_ definition: FeedDefinition, _ context: Context) throws -> RefreshRun.Backup {
        let place = try context.required(.backupRepo, flag: nil, option: "no backup_before")
        var request = try BackupRequest(
            context, repository: LocalRepository("\(place)/\(BackupBeforeRefresh.folder)"))
        request.jobs = try context.setting(.backupJobs, flag: nil) ?? request.jobs
        request.compression = try context.setting(.backupCompress, flag: nil) ?? request.compression
        return BackupBeforeRefresh(request, keep: definition.undoKeep).take
    }
}
