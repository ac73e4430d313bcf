import Foundation
import Operations
import Postgres

/// One COLUMN of the command line: a column with what the grammar allows behind it, or an expression.
///
/// A column's name is matched against the table's and quoted here, so that `order` and `Größe` mean themselves; what is
/// SQL stays SQL, and the server reads it.
struct KeySpelling: Sendable, Hashable {
    let sql: SQLFragment

    /// - Throws: `index.column`
    init(_ text: String, columns: [String]) throws {
        // Blanks within are left alone: they may stand in a literal.
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            throw Failure(.indexColumn, "a column is empty", hint: "name it, or leave it out", category: .usage)
        }
        // A name with blanks in it needs no quotes of its own when nothing follows.
        if columns.contains(text) {
            sql = "\(try identifier(text))"
            return
        }
        let name = Self.name(at: text)
        if text.hasPrefix("(") || text.dropFirst(name.written.count).first == "(" {
            sql = "\(ServerText(argument: text))"
            return
        }
        guard
            let column = name.isQuoted
                ? columns.first(where: { $0 == name.plain }) : Self.column(name.plain, of: columns)
        else { throw Self.unknown(name.plain, columns) }
        let rest = String(text.dropFirst(name.written.count))
        sql = rest.isEmpty ? "\(try identifier(column))" : "\(try identifier(column))\(ServerText(argument: rest))"
    }

    /// As it is written, or else as the server folds what is not quoted.
    static func column(_ name: String, of columns: [String]) -> String? {
        columns.first { $0 == name } ?? columns.first { $0 == name.lowercased() }
    }

    static func unknown(_ name: String, _ columns: [String]) -> Failure {
        let near = NearestName.of(name, among: columns).first.map { "did you mean \($0)?" }
        let commas = name.contains(",") ? "several columns are separate arguments: a b, not a,b" : nil
        return Failure(
            .indexColumn, "the table has no column \(name)", detail: "columns: \(columns.joined(separator: ", "))",
            hint: commas ?? near ?? "an expression stands in parentheses: '(lower(name))'")
    }

    /// The word at the front: up to a blank or a parenthesis, or in double quotes.
    private static func name(at text: String) -> (written: String, plain: String, isQuoted: Bool) {
        guard text.hasPrefix("\"") else {
            let word = String(text.prefix { !$0.isWhitespace && $0 != "(" })
            return (word, word, false)
        }
        var plain = ""
        var rest = text.dropFirst()
        while let next = rest.popFirst() {
            if next == "\"" {
                guard rest.first == "\"" else { break }
                rest.removeFirst()
            }
            plain.append(next)
        }
        return (String(text[..<rest.startIndex]), plain, true)
    }
}
