import ArgumentParser
import DBKit
import Foundation

/// What stands in front of the cursor when the shell asks what could follow, and what dbctl.yaml says.
///
/// Somebody who pressed Tab waits for nothing and has not asked for a connection: only the configuration and folders of
/// this machine are read, and whatever is wrong with them is for the verb itself to say.
struct CompletionScene: Sendable {
    /// The command line as the shell has it, `dbctl` first, neither expanded nor without its quotes.
    let words: [String]
    let environment: [String: String]

    /// The verb, once it is written.
    var verb: (any Verb.Type)? {
        var command: any ParsableCommand.Type = Dbctl.self
        for word in words.dropFirst() {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == word }) else { break }
            command = next
        }
        return command as? any Verb.Type
    }

    /// `--option VALUE` or `--option=VALUE`, which bash cuts into three words.
    func value(of option: String) -> String? {
        for (index, word) in words.enumerated() {
            if word == option {
                let value = words[(index + 1)...].first { $0 != "=" }
                return value.flatMap(plain)
            }
            if word.hasPrefix("\(option)=") { return plain(String(word.dropFirst(option.count + 1))) }
        }
        return nil
    }

    /// Without quotes, and with the home folder in the place of `~`.
    private func plain(_ word: String) -> String? {
        let text = word.trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
        guard !text.isEmpty else { return nil }
        guard text.hasPrefix("~/"), let home = environment["HOME"] else { return text }
        return home + text.dropFirst()
    }

    var configuration: Configuration? {
        guard let file = try? ConfigurationFile.find(option: value(of: "--config"), environment: environment) else {
            return nil
        }
        return try? ConfigurationFile.load(file, environment: environment)
    }

    /// The tables that a section declares, in the order of the file.
    func tables(of section: String) -> [String] {
        guard let configuration, let value = configuration.root[section] else { return [] }
        let entries =
            switch value.content {
            case .list(let elements): elements
            case .table(let named): named.map(\.value)
            case .scalar: [ConfigurationValue]()
            }
        var seen: Set<String> = []
        return entries.compactMap { $0["table"]?.scalar }.filter { seen.insert($0).inserted }
    }

    /// The sets of the repository, the newest first.
    var sets: [SetPath] {
        guard let repository = setting(.backupRepo, option: "--repo"), !repository.contains("://") else { return [] }
        return (try? SetCatalog(LocalRepository(repository)).sets()) ?? []
    }

    /// The versions of the files in the folder of the migrations, the newest first.
    var versions: [String] {
        let folder = setting(.migrateDir, option: "--dir") ?? "migrations"
        let dialect = value(of: "--dialect").flatMap { Dialect(rawValue: $0) }
        return ((try? MigrationFolder.read(folder, dialect: dialect))?.versioned ?? [])
            .compactMap { $0.version.map { "\($0)" } }.reversed()
    }

    private func setting(_ setting: Setting<String>, option: String) -> String? {
        if let said = value(of: option) { return said }
        let own = configuration ?? Configuration(file: nil, root: nil, environment: environment)
        return try? own.value(of: setting)
    }
}
