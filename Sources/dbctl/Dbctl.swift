import ArgumentParser

/// The `dbctl` command: its areas, and nothing else. ``EntryPoint`` runs what was asked for.
@main
struct Dbctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dbctl",
        abstract:
            "Operate a PostgreSQL database: check, back up, restore, migrate, refresh, find out who holds all connections.",
        discussion: """
            Example: dbctl check --database-url postgresql://app@db1/app
            Exit codes: 0 done, 1 the answer is no, 64 bad command line, 65 bad data, 66 not found, 69 unreachable, \
            70 a bug in dbctl, 73 cannot create output, 74 I/O, 75 busy, 76 refused by the server, 77 authentication \
            or permission, 78 configuration, 80 a guard refused, 81 partly done, 130 SIGINT, 143 SIGTERM.
            `dbctl explain CODE` says what an error code means.
            """,
        version: Version.text,
        subcommands: [
            Init.self,
            CheckCommand.self,
            ConfigArea.self,
            History.self,
            Explain.self,
            BackupArea.self,
            Restore.self,
            MigrateArea.self,
            RefreshArea.self,
            IndexArea.self, PartitionArea.self,
            PoolArea.self,
            DemoCommand.self,
            SandboxArea.self,
        ]
    )

    /// On the main thread: what it sets counts before any other thread runs.
    @MainActor static func main() async {
        // Else libdispatch tells syslog, in every run, that an ordinary user may not raise a thread's priority.
        Environment.add([("LIBDISPATCH_LOG", "NO")])
        await EntryPoint.run(CommandLine.arguments)
    }
}
