import ArgumentParser
import DBKit
import Logging

/// `dbctl backup create`
struct BackupCreateCommand: Verb {
    static let schema = "dbctl.backup.create/1"
    static let refuses: [SharedOption: String] = [
        .lockTimeout: "--lock-wait bounds its locks",
        .statementTimeout: "reading a table takes as long as the table is big",
    ]
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a backup set of one database, or of all.",
        discussion: """
            Example: dbctl backup create --repo /var/backups/dbctl --jobs 4
            A set is a directory archive of pg_dump with checksums: dbctl restore and stock pg_restore read it. It \
            appears whole, after every byte of it was read back, or not at all. --dry-run takes the same snapshot and \
            locks, says what the set would hold and what it needs, and writes nothing.
            --lock-timeout and --statement-timeout are refused: --lock-wait bounds its locks, and reading a table takes \
            as long as the table is big.
            --prune deletes afterwards what backup.keep does not keep (dbctl backup prune says how it counts). --heartbeat \
            tells a monitor that the backup began, succeeded or failed; a monitor that does not answer is logged, and \
            fails nothing.
            Exit codes: 0 made, 64 bad command line, 65 what was written does not read back whole, 69 server \
            unreachable, 70 a bug in dbctl, 73 no space, 74 I/O, 75 another backup runs or a table is locked, 76 the \
            server or pg_dump refused, 77 the role may not read something, 78 pg_dump or a repository is missing, 80 \
            the snapshot became too old, 81 the set is made but --prune could not delete what it should, or with \
            --all-databases some sets are made and others not (they are named), 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: RepositoryOptions

    @Option(
        help: ArgumentHelp(
            "Tables, or parts of a big one, that are read at once (default: backup.jobs, else 2).", valueName: "n"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "zstd[:1-22], gzip[:1-9] or none (default: backup.compress, else zstd:3). pg_restore 14 and 15 read gzip directly.",
            valueName: "method"), completion: .compression, transform: { try Compression(spelled: $0) })
    var compress: Compression?

    @Option(
        help: ArgumentHelp(
            "How rows travel: auto, binary or text (default: backup.copy_format, else auto).", valueName: "form"),
        completion: .list(CopyFormatChoice.allCases.map(\.rawValue)),
        transform: { try CopyFormatChoice(spelled: $0) })
    var copyFormat: CopyFormatChoice?

    @Option(
        help: ArgumentHelp("Leave out the rows of these tables; may be repeated.", valueName: "schema.table"))
    var excludeTableData: [String] = []

    @Option(
        help: ArgumentHelp("Stop when the snapshot, which holds back vacuum, gets this old.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxSnapshotAge: Duration?

    @Flag(help: "Keep password hashes in globals.sql.")
    var withRolePasswords = false

    @Flag(help: "Fail when there is something that the role cannot see, instead of listing it.")
    var requireAll = false

    @Option(
        help: ArgumentHelp(
            "How long to try for locks on tables, in all (default: backup.lock_wait, else 60s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var lockWait: Duration?

    @Flag(help: "One set for each database of the server.")
    var allDatabases = false

    @Flag(help: "Then delete what the policy under backup.keep does not keep; this is the consent to it.")
    var prune = false

    @Option(
        help: ArgumentHelp(
            "Ping URL/start, then URL or URL/fail (default: backup.heartbeat).", valueName: "url"),
        transform: { try HeartbeatURL(spelled: $0) })
    var heartbeat: HeartbeatURL?

    func validate() throws {
        if global.dryRun, prune {
            throw ValidationError("--dry-run makes no set to prune after; see dbctl backup prune --dry-run")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs needs a number from 1 to 256") }
    }

    func run(_ context: Context) async throws -> BackupOutcome {
        if global.dryRun { return try await preview(context) }
        let url = try context.setting(.backupHeartbeat, flag: heartbeat)
        return try await Heartbeat.around(url, log: { context.log.warning("\($0)") }) {
            try await create(context)
        } isGood: { outcome in
            outcome.isBackedUp
        }
    }

    private func create(_ context: Context) async throws -> BackupOutcome {
        let request = try request(context)
        return try takesAll(context)
            ? .all(try await BackupCreation.allDatabases(request)) : .one(try await BackupCreation(request).run())
    }

    private func preview(_ context: Context) async throws -> BackupOutcome {
        let request = try request(context)
        return try takesAll(context)
            ? .previewOfAll(try await BackupCreation.previewOfAll(request))
            : .preview(try await BackupCreation.preview(request))
    }

    private func takesAll(_ context: Context) throws -> Bool {
        try context.setting(.backupAllDatabases, flag: allDatabases ? true : nil) ?? false
    }

    private func request(_ context: Context) throws -> BackupRequest {
        var request = try BackupRequest(context, repository: place.repository(context))
        request.jobs = try context.setting(.backupJobs, flag: jobs) ?? request.jobs
        request.compression = try context.setting(.backupCompress, flag: compress) ?? request.compression
        request.copyFormat = try context.setting(.backupCopyFormat, flag: copyFormat) ?? request.copyFormat
        let configured = try context.configuration.list(["backup", "exclude_table_data"])?.map(\.text) ?? []
        request.excludedTableData = try (configured + excludeTableData).map { try TablePattern($0) }
        request.maximumSnapshotAge = try context.setting(.backupMaxSnapshotAge, flag: maxSnapshotAge)
        request.includesRolePasswords =
            try context.setting(.backupWithRolePasswords, flag: withRolePasswords ? true : nil) ?? false
        request.requiresAll = try context.setting(.backupRequireAll, flag: requireAll ? true : nil) ?? false
        request.lockWait = try context.setting(.backupLockWait, flag: lockWait) ?? request.lockWait
        request.wait = global.wait ?? .zero
        if prune {
            let policy = try RetentionPolicy.configured(context)
            try policy.check()
            request.retention = policy
        }
        return request
    }
}
