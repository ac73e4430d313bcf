/// The pieces of the reference that are the same for every command.
enum Markdown {
    static func options(_ arguments: [ArgumentHelp]) -> String {
        let rows = arguments.map { argument in
            let value = argument.valueName ?? "value"
            let name =
                switch argument.kind {
                case .positional: "<\(value)>"
                case .option: "\(argument.name) <\(value)>"
                case .flag: argument.name
                }
            return "| `\(name)` | \(cell(argument.meaning)) |"
        }
        return (["| option | meaning |", "|---|---|"] + rows).joined(separator: "\n")
    }

    static func exits(_ text: HelpText) -> String {
        let rows = text.exits.map { "| \($0.code ?? "") | \(cell($0.meaning)) |" }
        let table = (["| exit | meaning |", "|---|---|"] + rows).joined(separator: "\n")
        return text.exitNotes.map { "\(table)\n\n\(self.text($0))" } ?? table
    }

    /// A help text, in which nothing is markup but `code`.
    static func text(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            guard index.isMultiple(of: 2) else { return "`\(part)`" }
            return String(part).replacing("*", with: "\\*").replacing("<", with: "\\<")
        }.joined()
    }

    static func cell(_ text: String) -> String { self.text(text).replacing("|", with: "\\|") }
}
