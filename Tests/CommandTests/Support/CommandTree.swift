import ArgumentParser
import Foundation

@testable import dbctl

/// What `dbctl --help` offers, level by level: what texts may name.
struct CommandTree: Sendable {
    /// `backup create` with its options, `--repo` among them. Areas are in it too.
    let options: [String: Set<String>]
    let help: [String: String]
    let allOptions: Set<String>
    /// Verbs, without the areas above them.
    let verbs: [String]

    static let current = CommandTree()

    private init() {
        var found: [String: Set<String>] = [:]
        var texts: [String: String] = [:]
        func visit(_ command: any ParsableCommand.Type, _ path: [String]) {
            let help = Dbctl.helpMessage(for: command)
            texts[path.joined(separator: " ")] = help
            found[path.joined(separator: " ")] = Set(help.matches(of: /--[a-z][a-z-]*/).map { String($0.output) })
            for verb in command.configuration.subcommands { visit(verb, path + [verb._commandName]) }
        }
        visit(Dbctl.self, [])
        options = found
        help = texts
        allOptions = found.values.reduce(into: []) { $0.formUnion($1) }
        verbs = found.keys.filter { path in
            !path.isEmpty && !found.keys.contains { $0.hasPrefix("\(path) ") }
        }.sorted()
    }

    /// What of a text does not exist: commands behind `dbctl`, and options.
    ///
    /// Options within backticks belong to the program that the backticks begin with; others are dbctl's.
    func unknown(in text: String) -> [String] {
        var problems: [String] = []
        for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
            let isQuoted = !index.isMultiple(of: 2)
            let belongsToAnother = isQuoted && !part.hasPrefix("dbctl ") && !part.hasPrefix("-")
            if belongsToAnother { continue }
            var known = allOptions
            for match in part.matches(of: /\bdbctl (?<area>[a-z]+)(?: (?<verb>[a-z]+))?/) {
                let area = String(match.area)
                let path = match.verb.map { "\(area) \($0)" } ?? area
                if options[path] != nil, verbs.contains(path) {
                    known = options[path] ?? []
                } else if !verbs.contains(area) {
                    // In plain words "dbctl itself never…" is no command.
                    if isQuoted || options[area] != nil { problems.append("dbctl \(path)") }
                } else {
                    known = options[area] ?? []
                }
            }
            for match in part.matches(of: /--[a-z][a-z-]*/) where !known.contains(String(match.output)) {
                problems.append(isQuoted ? "`\(part)`: \(match.output)" : String(match.output))
            }
        }
        return problems
    }
}
