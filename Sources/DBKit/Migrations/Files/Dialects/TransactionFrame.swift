/// BEGIN as the first statement of a script and COMMIT as its last: the author wants it whole or not at all.
///
/// Where the tool opens no transaction itself, people write one. dbctl opens one, with its row of history in it, so
/// that theirs has to go: their COMMIT would end ours.
enum TransactionFrame {
    /// The section without its frame. One with options, with more control of transactions inside, or outside of a
    /// transaction by directive, is left as it is.
    static func removed(_ section: MigrationSection) -> MigrationSection {
        guard !section.directives.isOutsideTransaction, hasFrame(section) else { return section }
        var section = section
        section.statements = Array(section.statements.dropFirst().dropLast())
        for place in section.directives.backfills.indices { section.directives.backfills[place].statement -= 1 }
        return section
    }

    private static func hasFrame(_ section: MigrationSection) -> Bool {
        let places = section.statements.indices.filter { controls(section.statements[$0], section.script) }
        guard let first = section.statements.first, let last = section.statements.last,
            places == [0, section.statements.count - 1], places.count == 2
        else { return false }
        let (opening, closing) = (words(first, section.script), words(last, section.script))
        return openings.contains(opening) && closings.contains(closing)
    }

    /// Whether the statement begins or ends a transaction.
    static func controls(_ statement: SQLStatement, _ script: SQLScript) -> Bool {
        let words = words(statement, script)
        return switch words.first {
        case "begin", "commit", "end", "abort": true
        case "start", "prepare": words.dropFirst().first == "transaction"
        case "rollback": !words.contains("to")
        default: false
        }
    }

    private static let nouns = [[], ["work"], ["transaction"]]
    private static let openings = nouns.map { ["begin"] + $0 } + [["start", "transaction"]]
    private static let closings = nouns.flatMap { [["commit"] + $0, ["end"] + $0] }

    private static func words(_ statement: SQLStatement, _ script: SQLScript) -> [String] {
        statement.tokens.filter(\.isSignificant).prefix(8).map { script.text($0.range).lowercased() }
    }
}
