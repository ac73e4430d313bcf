import ArgumentParser
import DBKit

/// `dbctl demo`
struct DemoCommand: Verb {
    static let schema = "dbctl.demo/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let refuses = noTimeouts.merging([.dryRun: "it works on a throwaway server, and nothing stays"]) { $1 }
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Tell the whole story on a throwaway server: migrate, refresh, index, partition, back up, destroy, restore, free it.",
        discussion: """
            Example: dbctl demo --major 15
            Starts a PostgreSQL cluster of its own, applies migrations to a new database, fills it with more than a \
            million rows, loads a feed of which a part has changed and takes it back, builds the indexes and partitions that \
            are missing, archives the oldest partition, backs it up, drops a table, restores, and compares every table by \
            count and checksum. Then an application takes all connections, and whoever is in the way is found and ended. No \
            other server is touched and nothing stays.
            Exit codes: 0 every row came back and the server was freed, 64 bad command line, 65 a row did not, 70 it was \
            not freed, 73 no space, 74 the cluster did not start, 78 no server programs, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("Major version (default: Debian's newest).", valueName: "n")) var major: Int?

    func run(_ context: Context) async throws -> DemoOutcome {
        let demo = Demo(
            Demo.Request(
                binaries: try await context.serverBinaries(major: major),
                sandbox: SandboxOptions(root: context.sandboxRoot),
                tools: ClientTools.Search(path: context.environment["PATH"] ?? ""),
                run: context.operationRun,
                version: Version.number,
                applicationName: context.applicationName,
                progress: context.progress
            )
        )
        return DemoOutcome(report: try await demo.run())
    }
}
