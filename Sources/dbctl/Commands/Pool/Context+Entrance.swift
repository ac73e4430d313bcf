import DBKit

/// From the options and dbctl.yaml to the ways into a server.
extension Context {
    /// Past the pooler where the target says how.
    ///
    /// - Parameter asksConsole: For a verb that can do something with what only the pooler knows.
    func entrance(
        only route: Route? = nil, isReadOnly: Bool = true, asksConsole: Bool = true
    ) throws -> Entrance {
        var settings = try sessionSettings()
        // Whoever looks at a server in trouble must not become a part of it.
        if settings.statementTimeout == .zero { settings.statementTimeout = .seconds(5) }
        settings.isReadOnly = isReadOnly
        let ways = try Ways(
            own: connectionParameters(direct: true), rescue: parameters(.poolRescue),
            console: asksConsole ? console() : nil, only: route)
        return Entrance(ways, settings: settings)
    }

    /// pgbouncer's, where dbctl.yaml names it.
    func console() throws -> ConnectionParameters? {
        try parameters(.poolPgbouncer)
    }

    private func parameters(_ setting: Setting<String>) throws -> ConnectionParameters? {
        guard let text = try self.setting(setting, flag: nil) else { return nil }
        do throws(SpellingProblem) {
            return ConnectionParameters(url: try ConnectionURL(text).text)
        } catch {
            throw Failure(.connectionURL, "\(setting.path.joined(separator: ".")): \(error)")
        }
    }

    /// A command that was said to be the next, for the same server as this one's. A password is not repeated.
    func complete(_ command: String) -> String {
        guard command.hasPrefix("dbctl ") else { return command }
        var words = [command]
        if let config = options.config { words.append("--config \(ShellWord.quoted(config))") }
        if let targetName {
            words.append("--target \(ShellWord.quoted(targetName))")
        } else if let url = options.databaseURL, ArgumentSecrets.ranges(in: url).isEmpty {
            words.append("--database-url \(ShellWord.quoted(url))")
        }
        return words.joined(separator: " ")
    }
}
