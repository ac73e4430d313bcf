/// Puts a column behind the last key of an index or a unique constraint, in the text that the server writes of it. Pure.
///
/// A partitioned table takes no unique key without its partition key. Everything else of the definition (operator classes,
/// collations, INCLUDE, a predicate) stays as it was.
enum KeyAppending {
    /// - Parameters:
    ///   - text: `USING btree (lower(email)) INCLUDE (id) WHERE …`, or `UNIQUE (email) DEFERRABLE`.
    ///   - column: Quoted.
    /// - Returns: Nil for a text without a list of keys.
    static func appending(_ column: String, to text: String) -> String? {
        guard let end = endOfFirstList(text) else { return nil }
        return text[..<end] + ", " + column + text[end...]
    }

    /// The parenthesis that closes the first one. What stands in quotes is passed over.
    private static func endOfFirstList(_ text: String) -> String.Index? {
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case "(": depth += 1
            case ")":
                depth -= 1
                if depth == 0 { return index }
            case "'", "\"":
                guard let close = endOfQuote(text, index) else { return nil }
                index = close
            default: break
            }
            index = text.index(after: index)
        }
        return nil
    }

    /// A doubled quote closes one and opens the next, which comes to the same. In `E'…'` a backslash takes the next along.
    private static func endOfQuote(_ text: String, _ open: String.Index) -> String.Index? {
        let quote = text[open]
        let before = open == text.startIndex ? nil : text[text.index(before: open)]
        let hasEscapes = quote == "'" && before == "E"
        var index = text.index(after: open)
        while index < text.endIndex {
            if text[index] == quote { return index }
            if hasEscapes, text[index] == "\\" { index = text.index(after: index) }
            guard index < text.endIndex else { return nil }
            index = text.index(after: index)
        }
        return nil
    }
}
