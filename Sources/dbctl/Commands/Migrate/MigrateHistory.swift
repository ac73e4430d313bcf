import ArgumentParser
import DBKit

/// `dbctl migrate baseline V`
struct MigrateBaselineCommand: Verb {
    static let schema = "dbctl.migrate.baseline/1"
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Record all migrations up to a version as applied, for a database that has their schema already.",
        discussion: """
            Example: dbctl migrate baseline 20260101000000
            Nothing of them is run. Where the history has entries already, --yes is needed.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 a file that cannot be read, 66 no such version, \
            69 unreachable, 75 another run is at it, 76 the server refused, 77 not allowed, 78 configuration, 80 the \
            history has entries, 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "The last version that the database has.") var version: MigrationVersion
    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions

    func run(_ context: Context) async throws -> HistoryReport {
        var baseline = MigrateBaseline(
            try MigrationRunOptions.request(context), folder: try place.folder(context), version: version)
        baseline.isDryRun = global.dryRun
        baseline.isForced = global.yes
        return try await baseline.run()
    }
}

/// `dbctl migrate rebless V`
struct MigrateReblessCommand: Verb {
    static let schema = "dbctl.migrate.rebless/1"
    static let configuration = CommandConfiguration(
        commandName: "rebless",
        abstract: "Accept the text that an applied file has now.",
        discussion: """
            Example: dbctl migrate rebless 20260101000000
            Nothing is run: the database keeps what was applied. The run is on record in dbctl.operations.
            Exit codes: 0 done, or the text is the same; 64 bad command line, 65 a file that cannot be read, 66 no such \
            version, or not applied; 69 unreachable, 75 another run is at it, 76 the server refused, 77 not allowed, \
            78 configuration, 81 it is half done, 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(help: "The version of the edited file.") var version: MigrationVersion
    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions

    func run(_ context: Context) async throws -> HistoryReport {
        var rebless = MigrateRebless(
            try MigrationRunOptions.request(context), folder: try place.folder(context), version: version)
        rebless.isDryRun = global.dryRun
        return try await rebless.run()
    }
}

/// `dbctl migrate repair`
struct MigrateRepairCommand: Verb {
    static let schema = "dbctl.migrate.repair/1"
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Remove what interrupted runs have left: statements that go on, INVALID indexes.",
        discussion: """
            Example: dbctl migrate repair --dry-run
            No run needs it: the next up cleans up by itself. --forget is for a migration whose work somebody undid by \
            hand: it is pending again afterwards. --done and --again answer what only a person can tell: whether a DO or \
            CALL outside of a transaction was at its end when its run was killed.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 66 the version is not recorded, or not half done, \
            69 unreachable, 75 another run is at it, 76 the server refused, 77 not allowed, 78 configuration, \
            130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Take this version out of the history.", valueName: "version"), completion: .migrationVersion
    )
    var forget: String?

    @Option(
        help: ArgumentHelp(
            "The statement of this version that was under way when a run died is done.", valueName: "version"),
        completion: .migrationVersion)
    var done: String?

    @Option(
        help: ArgumentHelp("It is not done, and is to be run again.", valueName: "version"),
        completion: .migrationVersion)
    var again: String?

    func validate() throws {
        if done != nil, done == again { throw ValidationError("--done and --again contradict each other") }
    }

    func run(_ context: Context) async throws -> HistoryReport {
        var repair = MigrateRepair(try MigrationRunOptions.request(context))
        repair.forgotten = forget
        repair.done = done
        repair.again = again
        repair.isDryRun = global.dryRun
        return try await repair.run()
    }
}

extension HistoryReport: CommandResult {
    func human(_ style: Style) -> String {
        guard !changes.isEmpty else { return "\(style.good("NOTHING TO DO")): the history is as it should be" }
        let head = isDryRun ? "\(style.bold("DRY RUN")): nothing was changed" : style.good("DONE")
        var table = TextTable("VERSION", "NAME", "CHANGE")
        for change in changes { table.add(change.version.isEmpty ? "-" : change.version, change.name, change.change) }
        return "\(head)\n\n\(table.rendered(style))"
    }
}
