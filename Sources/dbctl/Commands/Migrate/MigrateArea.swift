import ArgumentParser

struct MigrateArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Apply SQL migrations to a database that is in use, and say beforehand what they will do to it.",
        discussion: """
            Example: dbctl migrate up --dir migrations
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            MigrateNewCommand.self, MigrateUpCommand.self, MigrateDownCommand.self, MigrateRedoCommand.self,
            MigrateStatusCommand.self, MigratePlanCommand.self, MigrateAdoptCommand.self, MigrateBaselineCommand.self,
            MigrateRepairCommand.self,
            MigrateReblessCommand.self, MigrateDumpCommand.self, MigrateCheckCommand.self,
        ]
    )
}
