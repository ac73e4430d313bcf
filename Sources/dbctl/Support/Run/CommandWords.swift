import ArgumentParser
import DBKit

/// The area and the verb at the beginning of a command line that could not be read: where its help is, and whether
/// there is such a verb at all. Pure.
struct CommandWords {
    /// `backup prune`; empty for dbctl itself.
    private let path: [String]
    /// An area is named, and nothing of it.
    private let isArea: Bool
    /// The word in the place of an area or a verb, and those that could have stood there.
    private let unknown: (word: String, known: [String])?

    init(_ arguments: [String]) {
        var command: any ParsableCommand.Type = Dbctl.self
        var path: [String] = []
        var unknown: (String, [String])?
        for word in arguments {
            let verbs = command.configuration.subcommands
            guard !verbs.isEmpty, !word.hasPrefix("-"), word != "help" else { break }
            guard let next = verbs.first(where: { $0._commandName == word }) else {
                unknown = (word, verbs.map { $0._commandName })
                break
            }
            path.append(word)
            command = next
        }
        (self.path, self.unknown) = (path, unknown)
        isArea = !path.isEmpty && !command.configuration.subcommands.isEmpty
    }

    private var name: String { (["dbctl"] + path).joined(separator: " ") }

    /// What is wrong when it is the verb: the parser would complain of whatever comes after it.
    var wrongVerb: String? {
        guard let unknown else { return isArea ? "\(path.joined(separator: " ")): a verb is missing" : nil }
        let near = NearestName.of(unknown.word, among: unknown.known).first
        return "there is no `\(name) \(unknown.word)`" + (near.map { "; did you mean `\(name) \($0)`?" } ?? "")
    }

    /// What to type next.
    var hint: String { "\(name) --help" }
}
