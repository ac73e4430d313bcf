/// A statement on one line, for messages.
enum StatementSummaryText {
    static func of(_ section: MigrationSection, _ place: Int, limit: Int = 80) -> String {
        let words = section.statements[place].tokens.filter(\.isSignificant).map { section.script.text($0.range) }
        let line = words.joined(separator: " ")
        return line.count > limit ? line.prefix(limit - 1) + "…" : line
    }
}
