/// A schema as a script, written so that the same schema gives the same text: what `pg_dump` says of itself, of its
/// server and of the session is left out.
public struct SchemaText: Sendable, Hashable {
    public let text: String

    /// - Parameter dump: What `pg_dump --schema-only` printed.
    init(dump: String) throws(SQLScriptError) {
        let script = try SQLScript(dump)
        var lines: [String] = []
        for piece in script.pieces {
            let text = script.text(piece.range)
            switch piece.kind {
            case .between:
                lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).filter(
                    Self.isWorthKeeping)
            case .statement(let statement):
                if !Self.isOfSession(statement.words(in: script)) { lines.append(text) }
            case .rows, .marker: lines.append(text)
            }
        }
        self.text = Self.joined(lines)
    }

    /// A text that was written by this type before.
    public init(file: String) {
        text = file
    }

    /// Comments that head an entry stay; those that name versions, and psql's commands, go.
    private static func isWorthKeeping(_ line: String) -> Bool {
        let noise = ["\\restrict", "\\unrestrict", "-- Dumped ", "-- PostgreSQL database dump"]
        return !noise.contains { line.hasPrefix($0) } && line != "--"
    }

    /// Settings that a newer `pg_dump` has and an older one has not, or that only matter while rows are loaded.
    private static func isOfSession(_ words: [String]) -> Bool {
        guard words.first == "set" else { return false }
        let names = [
            "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
            "client_min_messages", "row_security", "xmloption", "default_tablespace", "default_table_access_method",
        ]
        return words.count > 1 && names.contains(words[1])
    }

    /// Never two empty lines after one another, none at the beginning, one line end at the end.
    private static func joined(_ lines: [String]) -> String {
        var kept: [String] = []
        for line in lines {
            let isEmpty = line.allSatisfy(\.isWhitespace)
            if isEmpty, kept.last?.isEmpty ?? true { continue }
            kept.append(isEmpty ? "" : line)
        }
        while kept.last?.isEmpty == true { kept.removeLast() }
        return kept.joined(separator: "\n") + "\n"
    }

    /// What changed from this one to another; empty when they are equal.
    public func difference(to other: SchemaText, limit: Int = 200) -> [String] {
        text == other.text ? [] : TextDifference(from: text, to: other.text, limit: limit).lines
    }
}
