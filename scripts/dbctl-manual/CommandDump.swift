/// What a program built on swift-argument-parser says of itself with `--experimental-dump-help`, as far as manuals need
/// it.
struct CommandDump: Decodable {
    let command: CommandHelp
}

/// A command with its verbs and its options.
struct CommandHelp: Decodable {
    let commandName: String
    let superCommands: [String]?
    let abstract: String?
    let discussion: String?
    let subcommands: [CommandHelp]?
    let arguments: [ArgumentHelp]?

    /// `dbctl backup create`
    var path: [String] { (superCommands ?? []) + [commandName] }
    /// The parser's own `help` is no command of ours.
    var verbs: [CommandHelp] { (subcommands ?? []).filter { $0.commandName != "help" } }
    var text: HelpText { HelpText(discussion ?? "") }

    var positionals: [ArgumentHelp] { shown.filter { $0.kind == .positional } }
    var ownOptions: [ArgumentHelp] { shown.filter { $0.kind != .positional && !$0.isGlobal && !$0.isCommon } }
    /// The same for all verbs.
    var globalOptions: [ArgumentHelp] { shown.filter(\.isGlobal) }
    /// `--help` and `--version`.
    var commonOptions: [ArgumentHelp] { shown.filter(\.isCommon) }

    private var shown: [ArgumentHelp] { (arguments ?? []).filter(\.shouldDisplay) }

    /// This one and all below it, from the top.
    var all: [CommandHelp] { [self] + verbs.flatMap(\.all) }
}

/// An option, a flag or an argument.
struct ArgumentHelp: Decodable {
    enum Kind: String, Decodable {
        case positional, option, flag
    }

    struct Name: Decodable {
        let kind: String
        let name: String

        var spelled: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }

    let kind: Kind
    let names: [Name]?
    let valueName: String?
    let abstract: String?
    let defaultValue: String?
    let allValues: [String]?
    let sectionTitle: String?
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool

    var isGlobal: Bool { sectionTitle == "Global options" }
    var isCommon: Bool { names?.contains { ["help", "version"].contains($0.name) } ?? false }
    /// Short names first.
    var spellings: [String] { (names ?? []).map(\.spelled).sorted { $0.count < $1.count } }
    var name: String { names?.first { $0.kind == "long" }?.spelled ?? spellings.first ?? valueName ?? "" }

    /// What the help says, with the default where the text does not have it.
    var meaning: String {
        let text = abstract ?? ""
        guard kind != .flag, let defaultValue, !text.contains("default:") else { return text }
        let base = text.hasSuffix(".") ? String(text.dropLast()) : text
        return "\(base) (default: \(defaultValue))."
    }
}
