import ArgumentParser
import DBKit
import Foundation

/// `dbctl sandbox start`
struct SandboxStart: Verb {
    static let schema = "dbctl.sandbox.start/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start a throwaway cluster that stays until it is stopped.",
        discussion: """
            Example: dbctl sandbox start --major 15 --name rehearsal
            Listens on 127.0.0.1 and a socket in its folder; the superuser postgres needs no password; nothing is \
            fsynced. As root, the server runs as the user postgres.
            Exit codes: 0 started, 64 bad command line or name, 73 the name is taken, 74 it did not start, 78 no \
            server programs of that version, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("Major version (default: Debian's newest).", valueName: "n")) var major: Int?
    @Option(help: "Name to stop it by: letters, digits, - and _ (default: made up).") var name: String?

    func run(_ context: Context) async throws -> StartedSandbox {
        let binaries = try await context.serverBinaries(major: major)
        var options = SandboxOptions(root: context.sandboxRoot, name: name)
        options.lifetime = .untilStopped
        guard !global.dryRun else { return StartedSandbox(wouldStart: options, binaries) }
        return StartedSandbox(try await Sandbox.start(options, binaries: binaries))
    }
}

struct StartedSandbox: CommandResult {
    /// Absent in a dry run where it would be made up.
    let name: String?
    let url: String?
    let folder: String?
    let port: Int?
    let pid: Int32?
    let major: Int
    let version: String
    let createdAt: Date?
    let dryRun: Bool

    init(_ sandbox: Sandbox) {
        name = sandbox.name
        url = sandbox.url
        folder = sandbox.record.folder
        port = sandbox.port
        pid = sandbox.pid
        major = sandbox.binaries.major
        version = sandbox.binaries.version
        createdAt = sandbox.record.createdAt
        dryRun = false
    }

    init(wouldStart options: SandboxOptions, _ binaries: ServerBinaries) {
        name = options.name
        url = nil
        folder = options.name.map { "\(options.root)/\($0)" }
        port = nil
        pid = nil
        major = binaries.major
        version = binaries.version
        createdAt = nil
        dryRun = true
    }

    func human(_ style: Style) -> String {
        guard let name, let url, let folder, !dryRun else {
            return "would start PostgreSQL \(version)" + (folder.map { " in \($0)" } ?? "")
        }
        return """
            \(style.good("started")) PostgreSQL \(version) as \(style.bold(name))
            url     \(url)
            folder  \(folder)
            stop    dbctl sandbox stop \(name)
            """
    }
}
