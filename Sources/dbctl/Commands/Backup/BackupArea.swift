import ArgumentParser

struct BackupArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make backup sets, list them, check that they are whole, and keep as many as needed.",
        discussion: """
            Example: dbctl backup create --repo /var/backups/dbctl
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupShowCommand.self, BackupVerifyCommand.self,
            BackupDrillCommand.self,
            BackupPinCommand.self, BackupUnpinCommand.self, BackupPruneCommand.self,
            BackupCheckCommand.self,
        ]
    )
}
