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
        settings.stallTimeout = .seconds(5)
        let own = try connectionParameters(direct: true)
        let ways = try Ways(
            own: own, rescue: rescue(for: own), console: asksConsole ? console() : nil,
            guessesConsole: asksConsole, only: route)
        return Entrance(ways, settings: settings)
    }

    /// pgbouncer's, where dbctl.yaml names it: a target's own, else that of `pool`, unless that is in front of another
    /// target.
    func console() throws -> ConnectionParameters? {
        let target = try targetName.map { try configuration.targets.target($0) }
        if let text = try target?.pgbouncer()?.text {
            return try parameters(text, "pgbouncer of target \(target?.name ?? "")")
        }
        guard let text = try setting(.poolPgbouncer, flag: nil) else { return nil }
        let console = try parameters(text, "pool.pgbouncer")
        return try othersPooler(console) == nil ? console : nil
    }

    /// What has to be said where `pool.pgbouncer` is not asked.
    func consoleNote() throws -> String? {
        guard let targetName, try configuration.targets.target(targetName).pgbouncer() == nil,
            let text = try setting(.poolPgbouncer, flag: nil),
            let other = try othersPooler(parameters(text, "pool.pgbouncer"))
        else { return nil }
        return "pgbouncer's console (pool.pgbouncer) was not asked: it is at the url of target \(other). Where "
            + "\(targetName) has a pooler too, name its console: pgbouncer: under targets.\(targetName)"
    }

    /// The target whose `url` leads to that console's pooler, when it is another one and this one's does not.
    private func othersPooler(_ console: ConnectionParameters) throws -> String? {
        guard let targetName, !isOnlyServer else { return nil }
        let there = try place(console)
        func leadsThere(_ name: String) -> Bool {
            // One that cannot be resolved, for the lack of a variable, is another run's.
            guard let url = try? configuration.targets.target(name).url()?.text,
                let own = try? parameters(url, name), let place = try? place(own)
            else { return false }
            return place == there
        }
        guard !leadsThere(targetName) else { return nil }
        return configuration.targets.names.first(where: leadsThere)
    }

    /// A role for the same server, and never another server: sessions would be ended there.
    private func rescue(for own: ConnectionParameters) throws -> ConnectionParameters? {
        let target = try targetName.map { try configuration.targets.target($0) }
        if let text = try target?.rescue()?.text {
            return try parameters(text, "rescue of target \(target?.name ?? "")")
        }
        guard let text = try setting(.poolRescue, flag: nil) else { return nil }
        let rescue = try parameters(text, "pool.rescue")
        if isOnlyServer, options.databaseURL == nil { return rescue }
        return try place(rescue) == place(own) ? rescue : nil
    }

    /// What stands under `pool` is of one server, and there is only one that can be meant.
    private var isOnlyServer: Bool { targetName == nil || configuration.targets.names.count == 1 }

    private func place(_ parameters: ConnectionParameters) throws -> [String] {
        do throws(PostgresError) {
            let options = try parameters.resolved()
            return ["host", "hostaddr", "port"].map { keyword in
                options.first { $0.keyword == keyword }?.value ?? ""
            }
        } catch {
            throw Failure(error)
        }
    }

    private func parameters(_ text: String, _ source: String) throws(Failure) -> ConnectionParameters {
        do throws(SpellingProblem) {
            return ConnectionParameters(url: try ConnectionURL(text).text)
        } catch {
            throw Failure(.connectionURL, "\(source): \(error)")
        }
    }

    /// A command that was said to be the next, for the same server as this one's. A password is not repeated.
    func complete(_ command: String) -> String {
        guard command.hasPrefix("dbctl ") else { return command }
        var words = [command]
        if let file = options.envFile { words.append("--env-file \(ShellWord.quoted(file))") }
        if let config = options.config { words.append("--config \(ShellWord.quoted(config))") }
        if let targetName {
            words.append("--target \(ShellWord.quoted(targetName))")
        } else if let url = options.databaseURL {
            words.append("--database-url \(ShellWord.quoted(ArgumentSecrets.without(in: url)))")
        }
        return words.joined(separator: " ")
    }
}
