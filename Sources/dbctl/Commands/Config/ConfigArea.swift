import ArgumentParser

struct ConfigArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show or check dbctl.yaml.",
        discussion: """
            Example: dbctl config check
            Exit codes: 0 done, 64 bad command line, 66 the file of --config does not exist, 78 the configuration is \
            wrong.
            """,
        subcommands: [ConfigShow.self, ConfigCheck.self]
    )
}
