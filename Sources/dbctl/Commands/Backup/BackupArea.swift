import ArgumentParser

struct BackupArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make backup sets, list them, and check that they are whole.",
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupShowCommand.self, BackupVerifyCommand.self,
        ]
    )
}
