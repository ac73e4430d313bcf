import ArgumentParser

struct PoolArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Connections: how many are left, who holds them, and what to do about it.",
        discussion: """
            Example: dbctl pool doctor
            Check, doctor, kill and top get in when ordinary clients do not: as the role of the connection, as pool.rescue, \
            as a superuser over the server's own socket, over replication=database; doctor also asks pgbouncer's console.
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [
            PoolCheckCommand.self, PoolDoctorCommand.self, PoolTopCommand.self, PoolKillCommand.self,
            PoolSizeCommand.self, PoolBenchCommand.self,
        ]
    )
}
