import ArgumentParser

struct SandboxArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Throwaway PostgreSQL clusters: for a rehearsal, a test, a try.",
        discussion: """
            Example: dbctl sandbox run -- psql -c 'SELECT version()'
            Exit codes: 0 done, 66 no such sandbox, 73 the name is taken, 78 no server programs installed.
            """,
        subcommands: [SandboxStart.self, SandboxStop.self, SandboxRun.self])
}
