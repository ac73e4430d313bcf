import ArgumentParser

struct SandboxArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Throwaway PostgreSQL clusters: for a rehearsal, a test, a try.",
        discussion: """
            Example: dbctl sandbox run -- psql -c 'SELECT version()'
            Exit codes: 0 done, 64 bad command line; the help of each verb names its others.
            """,
        subcommands: [SandboxStart.self, SandboxStop.self, SandboxRun.self])
}
