import ArgumentParser
import DBKit

/// `dbctl restore`
struct Restore: Verb {
    static let schema = "dbctl.restore/1"
    static let refuses: [SharedOption: String] = [
        .lockTimeout: "nobody else is in a database that is being filled",
        .statementTimeout: "loading a table and building an index take as long as they are big",
    ]
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a backup set, or an archive that pg_dump -Fd wrote, into a database.",
        discussion: """
            Example: dbctl restore --latest --repo /var/backups/dbctl --into app_restored --create
            With --create the database is filled under a temporary name and gets its own when it is complete; on any \
            failure nothing is left of it. Every byte of the archive is checked before anything is changed.
            The server's URL says only where to connect; the database that is filled is the one of --into.
            --lock-timeout and --statement-timeout are refused: loading a table and building an index take as long as \
            they are big, and nobody else is in a database that is being filled.
            Exit codes: 0 restored, 64 bad command line, 65 the set is damaged (nothing was changed), 66 no such set \
            or database, 69 server unreachable or lost, 70 a bug in dbctl, 73 the database exists or is not empty, or \
            the server's disk is full, 74 a file of the set cannot be read, 75 another restore into it is running, 76 \
            the server refused a statement, 77 login refused or a privilege is missing, 78 roles, extensions or \
            tablespaces are missing (all are listed), 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var source: RestoreSourceOptions

    @Option(
        help: ArgumentHelp(
            "Database to restore into; without --create it must exist and be empty.",
            valueName: "dbname"))
    var into: String

    @Flag(help: "Make the database, with the archive's encoding, locale, owner, settings and grants.")
    var create = false

    @Option(
        help: ArgumentHelp(
            "Connections that load and build at the same time (default: backup.jobs, else 2).",
            valueName: "n"))
    var jobs: Int?

    @Flag(help: "Definitions only, no data.")
    var schemaOnly = false

    @Flag(help: "Everything belongs to the role that restores; grants to roles that do not exist are left out.")
    var noOwner = false

    @Option(help: ArgumentHelp("Put another role in the place of one; may be repeated.", valueName: "old=new"))
    var roleMap: [RoleMapping] = []

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number of at least 1") }
        if Set(roleMap.map(\.old)).count < roleMap.count { throw ValidationError("--role-map names a role twice") }
        try RestoreTarget.validate(into)
    }

    func run(_ context: Context) async throws -> RestoreOutcome {
        let (folder, set) = try source.resolve(context)
        let restore = DatabaseRestore(
            try request(folder, context), on: try context.connectionParameters(direct: true), run: context.runID,
            progress: context.progress, wait: global.wait ?? .zero)
        var result = try await restore()
        if let set, !global.dryRun { result.record(beside: set, run: context.runID, at: context.clock.now) }
        return RestoreOutcome(result: result)
    }

    private func request(_ folder: String, _ context: Context) throws -> RestoreRequest {
        var request = RestoreRequest(source: folder, into: into)
        request.creates = create
        request.jobs = try context.setting(.backupJobs, flag: jobs) ?? 2
        request.scope = schemaOnly ? .schemaOnly : .all
        request.skipsOwners = noOwner
        request.roleMap = Dictionary(uniqueKeysWithValues: roleMap.map { ($0.old, $0.new) })
        request.isForeign = source.foreign
        request.isDryRun = global.dryRun
        return request
    }
}

/// `OLD=NEW`
struct RoleMapping: ExpressibleByArgument, Sendable {
    let old: String
    let new: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        (old, new) = (parts[0], parts[1])
    }
}
