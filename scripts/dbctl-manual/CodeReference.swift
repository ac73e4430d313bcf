/// `docs/exit-codes.md`: the exit codes, and every error code as `dbctl explain` has it.
struct CodeReference {
    struct Code: Decodable {
        let code: String
        let category: String
        let exit: Int
        let meaning: String
        let causes: [String]
        let next: [String]
    }

    static let monitors = ["dbctl check", "dbctl backup check", "dbctl partition check", "dbctl pool check"]

    let root: CommandHelp
    let codes: [Code]

    var text: String {
        var blocks = [
            "# Exit codes and error codes",
            "Written by `scripts/docs` from the help of dbctl and from `dbctl explain`, which says the same offline.",
            "## Exit codes", Markdown.exits(root.text),
            Self.monitors.map { "`\($0)`" }.joined(separator: ", ")
                + " answer a monitoring system instead: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Of several targets the "
                + "worst counts.",
            "## Error codes",
            "`error.code` of a JSON document, and what stands behind `code:` in a message. The codes are stable. "
                + "The exit code is that of the verbs that are no checks.",
            contents,
        ]
        blocks += groups.flatMap { ["### \($0.name)"] + $0.codes.map(section) }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// By what stands in front of the first dot, in the order of the catalogue.
    private var groups: [(name: String, codes: [Code])] {
        var found: [(name: String, codes: [Code])] = []
        for code in codes {
            let name = code.code.split(separator: ".").first.map(String.init) ?? code.code
            if let place = found.firstIndex(where: { $0.name == name }) {
                found[place].codes.append(code)
            } else {
                found.append((name, [code]))
            }
        }
        return found
    }

    private var contents: String {
        groups.map { "[\($0.name)](#\($0.name)) (\($0.codes.count))" }.joined(separator: " · ")
    }

    private func section(_ code: Code) -> String {
        var lines = ["#### `\(code.code)`", "", "Exit \(code.exit), \(code.category). \(Markdown.text(code.meaning))"]
        if !code.causes.isEmpty { lines += ["", "Why it happens:", ""] + code.causes.map { "- \(Markdown.text($0))" } }
        if !code.next.isEmpty { lines += ["", "What to do:", ""] + code.next.map { "- \(Markdown.text($0))" } }
        return lines.joined(separator: "\n")
    }
}
