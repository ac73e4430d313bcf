import ArgumentParser
import DBKit

/// Where the migrations lie, and how they are written.
struct MigrationFolderOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Folder of the migrations (default: migrate.dir of dbctl.yaml, else migrations).", valueName: "dir"),
        completion: .directory)
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "How they are written: auto, dbctl, dbmate, golang-migrate, goose, flyway, prisma, sqlx or sqitch (default: migrate.dialect, else auto).",
            valueName: "dialect"))
    var dialect: DialectChoice?

    func path(_ context: Context) throws(Failure) -> String {
        try context.setting(.migrateDir, flag: dir) ?? "migrations"
    }

    func dialect(_ context: Context) throws(Failure) -> Dialect? {
        try context.setting(.migrateDialect, flag: dialect)?.dialect
    }

    func folder(_ context: Context) throws(Failure) -> MigrationFolder {
        try MigrationFolder.read(path(context), dialect: dialect(context))
    }
}

/// `auto`, or the name of one dialect.
struct DialectChoice: ExpressibleByArgument, Sendable {
    /// Nil finds it out.
    let dialect: Dialect?

    static var allValueStrings: [String] { ["auto"] + Dialect.allCases.map(\.rawValue) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

    init?(argument: String) {
        dialect = Dialect(rawValue: argument)
        guard dialect != nil || argument == "auto" else { return nil }
    }
}
