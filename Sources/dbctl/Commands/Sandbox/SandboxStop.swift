import ArgumentParser
import DBKit

/// `dbctl sandbox stop`
struct SandboxStop: Verb {
    static let schema = "dbctl.sandbox.stop/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a sandbox and remove its folder.",
        discussion: """
            Example: dbctl sandbox stop rehearsal
                     dbctl sandbox stop --all
            Exit codes: 0 stopped, or --all found none; 64 neither a name nor --all; 66 no sandbox of that name; \
            74 it does not end, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "Name of the sandbox.") var name: String?
    @Flag(help: "All that stay until they are stopped; not those of a running `sandbox run`.") var all = false

    func validate() throws {
        if all == (name != nil) { throw ValidationError("name one sandbox, or say --all") }
    }

    func run(_ context: Context) async throws -> StoppedSandboxes {
        let registry = SandboxRegistry(root: context.sandboxRoot)
        if global.dryRun { return StoppedSandboxes(stopped: try registry.stoppable(name), dryRun: true) }
        guard let name else { return StoppedSandboxes(stopped: try await registry.stopAll(), dryRun: false) }
        return StoppedSandboxes(stopped: [try await registry.stop(name)], dryRun: false)
    }
}

struct StoppedSandboxes: CommandResult {
    /// Names; in a dry run, of those that would be stopped.
    let stopped: [String]
    let dryRun: Bool

    func human(_ style: Style) -> String {
        guard !stopped.isEmpty else { return "no sandbox to stop" }
        return "\(dryRun ? "would stop" : "stopped") \(stopped.joined(separator: ", "))"
    }
}
