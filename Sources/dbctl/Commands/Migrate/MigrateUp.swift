import ArgumentParser
import DBKit

/// `dbctl migrate up`
struct MigrateUpCommand: Verb {
    static let schema = "dbctl.migrate.up/1"
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Apply the migrations that are pending, each as a whole.",
        discussion: """
            Example: dbctl migrate up --lock-timeout 2s --wait 60s
            Only one run at a time changes a database: a second one waits (--wait), also behind a pooler. Each file is \
            one transaction with its row of the history in it. CREATE INDEX CONCURRENTLY and its like need no mark: \
            they are put outside of it, and a run that was killed there is gone on with at the same statement. The \
            statements of a transaction share one --lock-timeout; one that loses the race is rolled back and run again.
            Exit codes: 0 done, or nothing to do; 64 bad command line, 65 an applied file was edited, a file that cannot \
            be read, or duplicate keys under a unique index; 66 no such folder or version, 69 unreachable, 75 another \
            run is at it or a lock was not to be had, nothing was changed, 76 the server refused, nothing was changed, \
            77 not allowed, 78 configuration, or a pooler where a direct_url is needed; 80 a late version, or files that \
            another tool has applied or failed in; 81 some files are done, or a part of one: run it again; 130 SIGINT, \
            143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: MigrationFolderOptions
    @OptionGroup var pace: MigrationRunOptions

    @OptionGroup var choice: MigrationChoiceOptions

    func run(_ context: Context) async throws -> MigrateUpOutcome {
        var up = try choice.up(pace.request(context), place, context)
        up.schemaFile = try schemaFile(context)
        return global.dryRun ? .plan(try await up.plan()) : .report(try await up.run())
    }

    /// Nil where none is configured.
    private func schemaFile(_ context: Context) throws -> SchemaFile? {
        guard let pattern = try context.setting(.migrateDump, flag: nil) else { return nil }
        return SchemaFile {
            (try? context.schemaFile(pattern)).map { !Folder.exists($0) } ?? false
        } write: {
            let file = try context.schemaFile(pattern)
            return try SchemaDumpResult.write(await context.schemaDumping().read(), to: file, dryRun: false).file
        }
    }
}

/// What `migrate up` did, or with `--dry-run` would do.
enum MigrateUpOutcome: CommandResult {
    case report(MigrationReport)
    case plan(MigrationPlan)

    private var result: any CommandResult {
        switch self {
        case .report(let report): report
        case .plan(let plan): plan
        }
    }

    var exitStatus: ExitStatus { result.exitStatus }
    var failure: Failure? { result.failure }
    var alarms: [String] { result.alarms }

    func human(_ style: Style) -> String { result.human(style) }

    func encode(to encoder: any Encoder) throws { try result.encode(to: encoder) }
}
