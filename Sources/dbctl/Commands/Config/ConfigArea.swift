import ArgumentParser

struct ConfigArea: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show or check dbctl.yaml.",
        subcommands: [ConfigShow.self, ConfigCheck.self]
    )
}
