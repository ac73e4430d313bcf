import ArgumentParser

struct PoolArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Connections: how many a pool should have, and how many the server can hold.",
        discussion: """
            Example: dbctl pool size --instances 4
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [PoolSizeCommand.self, PoolBenchCommand.self]
    )
}
