import ArgumentParser

struct PartitionArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition",
        abstract: "Keep partitioned tables in partitions, and make tables partitioned while the application works.",
        discussion: """
            Example: dbctl partition convert user_attempts --by attempted_at --every "1 month" --plan
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [PartitionConvertCommand.self]
    )
}
