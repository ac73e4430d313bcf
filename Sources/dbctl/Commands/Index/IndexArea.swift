import ArgumentParser

struct IndexArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Build, find and drop indexes while the application works.",
        discussion: """
            Example: dbctl index create prices asset_id 'date DESC'
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            IndexCreateCommand.self, IndexApplyCommand.self, IndexListCommand.self, IndexAuditCommand.self,
            IndexRepairCommand.self, IndexDropCommand.self,
        ]
    )
}
