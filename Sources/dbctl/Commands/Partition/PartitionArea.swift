import ArgumentParser

struct PartitionArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition",
        abstract: "Keep partitioned tables in the partitions that they need, and make tables partitioned.",
        discussion: """
            Example: dbctl partition ensure
            The tables are declared under partitions: of dbctl.yaml.
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            PartitionPlanCommand.self, PartitionEnsureCommand.self, PartitionCheckCommand.self,
            PartitionConvertCommand.self, PartitionListCommand.self, PartitionVerifyCommand.self,
            PartitionRetainCommand.self,
        ]
    )
}
