import ArgumentParser
import DBKit

/// `dbctl config check`: reads everything, resolves everything, connects to nothing.
struct ConfigCheck: Verb {
    static let schema = "dbctl.config.check/1"
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check dbctl.yaml and every ${NAME} in it.",
        discussion: """
            Example: dbctl config check --config /etc/dbctl/dbctl.yaml
            Exit codes: 0 it is right, 64 bad command line, 66 the file of --config does not exist, 74 it cannot be \
            read, 78 it is wrong (with file and line), 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) throws -> ConfigurationVerdict {
        try context.configuration.resolveAll()
        try context.configuration.feeds.check()
        try context.configuration.checkPartitions()
        return ConfigurationVerdict(
            file: context.configuration.file, targets: context.configuration.targets.names,
            reserved: context.configuration.root.scalars().map(\.path).filter(ConfigurationSchema.isReserved))
    }
}

struct ConfigurationVerdict: CommandResult {
    /// Absent when no configuration file was found, which is no mistake.
    let file: String?
    let targets: [String]
    /// Keys that are right, and that no command of this version reads.
    let reserved: [String]

    func human(_ style: Style) -> String {
        guard let file else { return "OK: no dbctl.yaml found; built-in defaults apply" }
        let verdict = "\(style.good("OK")): \(file) (\(targets.count) targets)"
        guard !reserved.isEmpty else { return verdict }
        return "\(verdict)\nwithout effect, because no command reads them yet: \(reserved.joined(separator: ", "))"
    }
}
