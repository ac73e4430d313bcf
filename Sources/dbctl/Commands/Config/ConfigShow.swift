import ArgumentParser
import DBKit

/// `dbctl config show`: what would apply, and who said so.
struct ConfigShow: Verb {
    static let schema = "dbctl.config.show/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the resolved configuration with the origin of each value, secrets masked.",
        discussion: """
            Example: dbctl config show --target prod
            Exit codes: 0 printed, 64 bad command line, 66 the file of --config does not exist, 74 it cannot be read, \
            78 the configuration is wrong, 130 SIGINT, 143 SIGTERM.
            """
    )

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) throws -> ResolvedConfiguration {
        try ResolvedConfiguration(
            file: context.configuration.file,
            settings: ConfigurationListing(context.configuration, flags: flags).settings,
            source: context.server().source,
            server: context.server().parts(environment: context.environment)
        )
    }

    /// The settings that the command line itself may say.
    private var flags: [String: (text: String, flag: String)] {
        var said: [String: (text: String, flag: String)] = [:]
        if let timeout = global.lockTimeout { said["defaults.lock_timeout"] = (timeout.spelled, "--lock-timeout") }
        if let timeout = global.statementTimeout {
            said["defaults.statement_timeout"] = (timeout.spelled, "--statement-timeout")
        }
        if let count = global.parallel { said["defaults.parallel"] = (String(count), "--parallel") }
        return said
    }
}

/// The result of `dbctl config show`.
struct ResolvedConfiguration: Encodable, Sendable {
    struct Setting: Encodable, Sendable, Equatable {
        let key: String
        /// Masked where secret; nil when the variable that it needs is not set.
        let value: String?
        let origin: String
        /// Accepted, and without effect in this version.
        let isReserved: Bool

        init(key: String, value: String?, origin: String) {
            self.key = key
            self.value = value
            self.origin = origin
            isReserved = ConfigurationSchema.isReserved(key)
        }

        enum CodingKeys: String, CodingKey {
            case key
            case value
            case origin
            case isReserved = "reserved"
        }
    }

    /// Nil when none was found.
    let file: String?
    let settings: [Setting]
    let source: String
    let server: [ResolvedServer.Part]

    enum CodingKeys: String, CodingKey {
        case file
        case settings
        case source = "server_source"
        case server
    }
}
