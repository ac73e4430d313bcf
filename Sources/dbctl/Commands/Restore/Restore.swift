import ArgumentParser
import DBKit

/// `dbctl restore`
struct Restore: Verb {
    static let schema = "dbctl.restore/1"
    static let refuses: [SharedOption: String] = [
        .statementTimeout: "loading a table and building an index take as long as they are big"
    ]
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a backup set, or an archive that pg_dump -Fd wrote, into a database.",
        discussion: """
            Example: dbctl restore --latest --repo /var/backups/dbctl --into app_restored --create
            With --create the database is filled under a temporary name and gets its own when it is complete; on any \
            failure nothing is left of it. Every byte of the archive is checked before anything is changed.
            The server's URL says only where to connect; the database that is filled is the one of --into.
            --clean puts the archive in the place of a database that is there, with its contents, settings and grants: \
            it is restored beside it, both change names when it is complete, then the old one is dropped. That takes \
            the space of both, and nobody may be connected to the old one. --clean alone only says what it would do, \
            and on a terminal goes on when the database's name is typed.
            One lost table: dbctl restore --latest --repo /var/backups/dbctl --table public.prices --into app
            With --table the database is one in use. The table comes back in one transaction, with its rows, partitions, \
            indexes, constraints, owned sequences, grants, triggers, policies and comments; only its own bytes are read. \
            Where it is there already, --as puts a copy beside it (own names for indexes and sequences, no foreign \
            keys, its schema made when missing) and --clean --yes puts it in its place; --clean alone only says what \
            it would do. Foreign keys are added without their rows being checked, and checked right afterwards. Tables \
            of others are locked for a moment only, for at most --lock-timeout a try (default: 2s).
            --resume goes on with what an interrupted restore of the same set, with the same options, left: in the database \
            of --into, or under the temporary name that --create and --clean work with. What is there already, down to \
            the part of a table, is not loaded again, once its rows are counted: when somebody has changed them since, the \
            restore is refused. What this run cannot finish is kept for the next --resume; a \
            restore without it begins from the start and removes what was left for the same name.
            --data-only loads rows and sequence values into tables that are there, of the whole set or with --table or \
            --schema, in one transaction: all of it comes, or nothing. The tables must be empty and have the columns of \
            the set, and of its types where its rows are binary; missing tables, columns and defaults, other \
            types, row-level security and tables with rows are all listed before anything is loaded; rows that break a \
            constraint of the table are found by the load, which then is undone. Columns that the set does not have get \
            their default; sequences are never set back. Referenced tables come first; foreign keys in a circle are checked at the end. Triggers do not fire \
            for these rows, as in any restore; that takes the owner of the table, and no superuser.
            --schema brings back everything in a schema likewise, in one transaction.
            Without these and --data-only --lock-timeout is refused, for nobody else is in a database that is being filled; \
            --statement-timeout always: loading a table and building an index take as long as they are big.
            Exit codes: 0 restored, 64 bad command line, or --resume of something else, 65 the set is damaged, its rows do not fit a column, or tables that an interrupted restore had loaded were changed since (nothing was changed), 66 no such set, \
            table, schema or database, 69 server unreachable or lost, 70 a bug in dbctl, 73 the database, table or schema exists, or the \
            database, or a table for --data-only, is not empty, or the server's disk is full, 74 a file of the set cannot be read, 75 another \
            restore into it is running, or the table or database to be replaced is in use, 76 the server refused a statement, 77 login refused or a \
            privilege is missing, 78 roles, extensions, tablespaces or, for --table and --schema, types, functions or schemas, or, for --data-only, tables or columns are \
            missing (all are listed), 80 not confirmed, or other objects depend on the table to be replaced, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var source: RestoreSourceOptions

    @Option(
        help: ArgumentHelp(
            "Database to restore into; without --create it must exist, and be empty unless --table or --schema is given.",
            valueName: "dbname"))
    var into: String

    @Flag(help: "Make the database, with the archive's encoding, locale, owner, settings and grants.")
    var create = false

    @Option(
        help: ArgumentHelp(
            "This table alone, into a database in use; may be repeated. Names are exact, "
                + "a part with a dot in it stands in double quotes.",
            valueName: "s.t"), transform: { try TableName(spelled: $0) })
    var table: [TableName] = []

    @Option(
        help: ArgumentHelp(
            "Everything in this schema, into a database in use where it is missing or empty; may be repeated.",
            valueName: "s"))
    var schema: [String] = []

    @Option(
        name: .customLong("as"), help: ArgumentHelp("With --table: under this name.", valueName: "s2.t2"),
        transform: { try TableName(spelled: $0) })
    var copyName: TableName?

    @Flag(
        help: "Replace what is there: the database, or with --table only the table. Dry run unless --yes.")
    var clean = false

    @Option(
        help: ArgumentHelp(
            "Connections that load and build at the same time (default: backup.jobs, else 2).",
            valueName: "n"))
    var jobs: Int?

    @Flag(help: "Definitions only, no data.")
    var schemaOnly = false

    @Flag(help: "Rows and sequence values only, into tables that are there and empty.")
    var dataOnly = false

    @Flag(help: "Go on with what an interrupted restore of the same set left; from the start when there is nothing.")
    var resume = false

    @Flag(help: "Everything belongs to the role that restores; grants to roles that do not exist are left out.")
    var noOwner = false

    @Option(help: ArgumentHelp("Put another role in the place of one; may be repeated.", valueName: "old=new"))
    var roleMap: [RoleMapping] = []

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs needs a number from 1 to 256") }
        try validateTables()
        if dataOnly { try validateDataOnly() }
        if resume, !table.isEmpty || !schema.isEmpty {
            throw ValidationError(
                "--table and --schema restore in one transaction, which leaves nothing to resume; leave out --resume")
        }
        if Set(roleMap.map(\.old)).count < roleMap.count { throw ValidationError("--role-map names a role twice") }
        try RestoreTarget.validate(into)
    }

    private func validateDataOnly() throws {
        if schemaOnly { throw ValidationError("give --data-only or --schema-only, not both") }
        if create { throw ValidationError("--data-only loads into tables that are there; leave out --create") }
        if clean {
            throw ValidationError("--data-only replaces nothing: empty the tables first, and leave out --clean")
        }
        if copyName != nil {
            throw ValidationError("--as makes a table beside another, --data-only loads into the one that is there")
        }
        if resume {
            throw ValidationError("--data-only works in one transaction, which leaves nothing to resume")
        }
    }

    private func validateTables() throws {
        if !schema.isEmpty, !table.isEmpty { throw ValidationError("give --table or --schema, not both") }
        if !schema.isEmpty, create {
            throw ValidationError("--schema restores into a database that is there; leave out --create")
        }
        guard !table.isEmpty else {
            if copyName != nil { throw ValidationError("--as needs --table") }
            if clean, create {
                throw ValidationError("--create makes a new database, --clean replaces one that is there")
            }
            if clean, !schema.isEmpty { throw ValidationError("--schema never replaces what is there") }
            guard global.lockTimeout == nil || !schema.isEmpty || dataOnly else {
                throw ValidationError(
                    "restore takes no --lock-timeout: nobody else is in a database that is being filled")
            }
            return
        }
        if create { throw ValidationError("--table restores into a database that is there; leave out --create") }
        if copyName != nil, table.count > 1 { throw ValidationError("--as names one table; give one --table") }
        if copyName != nil, clean { throw ValidationError("--as puts a copy beside the table, --clean replaces it") }
        if let copyName, copyName.schema == nil { throw ValidationError("--as needs the schema, too: SCHEMA.NAME") }
    }

    /// What replaces something is only told until somebody consents: by `--yes`, or by typing the database's name.
    func run(_ context: Context) async throws -> RestoreOutcome {
        let lacksConsent = clean && !global.yes && !global.dryRun
        let found = try source.resolve(context, for: into)
        let result = try await restore(found, isDryRun: global.dryRun || lacksConsent, context)
        let outcome = RestoreOutcome(result: result, lacksConsent: lacksConsent)
        guard lacksConsent, Confirmation.isPossible(context) else { return outcome }
        try Confirmation.ask(
            showing: outcome.human(Style(color: false, now: context.clock.now)),
            "This replaces what is in \(into) now", answer: into)
        return RestoreOutcome(result: try await restore(found, isDryRun: false, context))
    }

    private func restore(
        _ source: (folder: String, set: FoundSet?), isDryRun: Bool, _ context: Context
    ) async throws -> RestoreResult {
        var request = try request(source.folder, source.set, context)
        request.isDryRun = isDryRun
        let restore = DatabaseRestore(
            request, on: try context.connectionParameters(direct: true), run: context.runID,
            progress: context.progress, wait: global.wait ?? .zero)
        var result: RestoreResult
        do {
            result = try await restore()
        } catch let failure as Failure {
            throw isDryRun ? failure : source.set?.noting(failure, run: context.runID, clock: context.clock) ?? failure
        }
        if let set = source.set, !isDryRun { result.record(beside: set, run: context.runID, at: context.clock.now) }
        return result
    }

    private func request(_ folder: String, _ set: FoundSet?, _ context: Context) throws -> RestoreRequest {
        var request = RestoreRequest(source: folder, into: into)
        request.set = set?.path
        request.creates = create
        request.jobs = try context.setting(.backupJobs, flag: jobs) ?? 2
        request.tables = table
        request.schemas = schema
        request.copyName = copyName
        request.replaces = clean
        request.lockTimeout = try context.lockTimeout()
        request.scope = schemaOnly ? .schemaOnly : dataOnly ? .dataOnly : .all
        request.skipsOwners = noOwner
        request.roleMap = Dictionary(uniqueKeysWithValues: roleMap.map { ($0.old, $0.new) })
        request.isForeign = source.foreign
        request.resumes = resume
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

extension TableName {
    /// As an option has it.
    init(spelled text: String) throws {
        guard let name = TableName(text) else { throw ValidationError("\(text) is no name of a table: SCHEMA.NAME") }
        self = name
    }
}
