import ArgumentParser

struct PoolArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Watch a server's connections, and find out who takes them.",
        discussion: """
            Example: dbctl pool top
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [PoolTopCommand.self]
    )
}
