import ArgumentParser
import DBKit

/// `dbctl sandbox run -- COMMAND`
struct SandboxRun: Verb {
    static let schema = "dbctl.sandbox.run/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command on a throwaway cluster, which goes when the command ends.",
        discussion: """
            Example: dbctl sandbox run --major 15 -- psql -c 'SELECT version()'
            The command sees DATABASE_URL, PGHOST, PGPORT, PGUSER and PGDATABASE of the cluster, and no other server: \
            DBCTL_DATABASE_URL, PGSERVICE and the like are taken from its environment. With --format json its \
            standard output goes to standard error, so that standard output is one document.
            Exit codes: the command's own (128 + N when signal N ended it); 64 no command, 66 no such command, 74 \
            the cluster did not start, 78 no server programs of that version, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("Major version (default: Debian's newest).", valueName: "n")) var major: Int?
    @Argument(parsing: .postTerminator, help: "After --: the program and its arguments.") var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("no command; write it after --, as in: dbctl sandbox run -- psql") }
    }

    func run(_ context: Context) async throws -> SandboxedCommand {
        let binaries = try await context.serverBinaries(major: major)
        guard !global.dryRun else {
            return SandboxedCommand(command: command, version: binaries.version, code: 0, dryRun: true)
        }
        let sandbox = try await Sandbox.start(SandboxOptions(root: context.sandboxRoot), binaries: binaries)
        let code = try await sandbox.stopped {
            try await Sandbox.run(
                command, environment: sandbox.record.environment(from: context.environment),
                output: global.format == .json ? .standardError : .standardOutput)
        }
        return SandboxedCommand(command: command, version: binaries.version, code: code, dryRun: false)
    }
}

struct SandboxedCommand: CommandResult {
    let command: [String]
    /// Of the server that it ran on.
    let version: String
    /// The command's exit code.
    let code: Int32
    let dryRun: Bool

    var exitStatus: ExitStatus { ExitStatus(passingOn: code) }

    /// Nothing of ours: the output is the command's.
    func human(_ style: Style) -> String {
        dryRun ? "would run on PostgreSQL \(version): \(command.joined(separator: " "))" : ""
    }
}
