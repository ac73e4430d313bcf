import ArgumentParser
import DBKit

/// `dbctl migrate down`
struct MigrateDownCommand: Verb {
    static let schema = "dbctl.migrate.down/1"
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Undo the newest migrations by their down sections.",
        discussion: """
            Example: dbctl migrate down --steps 1 --yes
            It is a dry run unless --yes is given or, on a terminal, the version is typed. All of what is asked for can \
            be undone, or nothing is begun; a down section usually loses data. The dry run shows what each statement \
            locks and does, as dbctl migrate plan does.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 a file that cannot be read or was edited since; \
            66 a migration without a down section or without its file, 69 unreachable, 75 another run is at it or a lock \
            was not to be had, 76 the server refused, 77 not allowed, 78 configuration, 80 not confirmed, 81 partly \
            done: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions
    @OptionGroup var pace: MigrationRunOptions

    @Option(help: ArgumentHelp("How many to undo (default: 1).", valueName: "n"))
    var steps: Int?

    @Option(help: ArgumentHelp("Undo all above this version; 0 undoes all of them.", valueName: "version"))
    var to: MigrationVersion?

    func validate() throws {
        if steps != nil, to != nil { throw ValidationError("--steps and --to contradict each other") }
        if let steps, steps < 1 { throw ValidationError("--steps needs a number of at least 1") }
    }

    func run(_ context: Context) async throws -> MigrationReport {
        let down = MigrateDown(
            try pace.request(context), folder: try place.folder(context),
            extent: to.map { .to($0) } ?? .steps(steps ?? 1))
        return try await down.confirmed(context)
    }
}

/// `dbctl migrate redo`
struct MigrateRedoCommand: Verb {
    static let schema = "dbctl.migrate.redo/1"
    static let configuration = CommandConfiguration(
        commandName: "redo",
        abstract: "Undo the newest migration and apply it again.",
        discussion: """
            Example: dbctl migrate redo --yes
            It is a dry run unless --yes is given or, on a terminal, the version is typed; a down section usually loses \
            data.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 a file that cannot be read or was edited since; \
            66 it has no down section or no file, 69 unreachable, 75 another run is at it or a lock was not to be had, \
            76 the server refused, 77 not allowed, 78 configuration, 80 not confirmed, 81 partly done: run \
            dbctl migrate up; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions
    @OptionGroup var pace: MigrationRunOptions

    func run(_ context: Context) async throws -> MigrationReport {
        var redo = MigrateDown(try pace.request(context), folder: try place.folder(context), extent: .steps(1))
        redo.appliesAgain = true
        return try await redo.confirmed(context)
    }
}

extension MigrateDown {
    /// Runs with consent; without it says what would be undone.
    fileprivate func confirmed(_ context: Context) async throws -> MigrationReport {
        if context.options.yes, !context.options.dryRun { return try await run() }
        let preview = try await preview()
        guard let last = preview.undone.last, Confirmation.isPossible(context) else { return preview }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            "This undoes \(preview.undone.count) of them, down to \(last.version)", answer: last.version)
        return try await run()
    }
}
