extension SQLScript {
    /// One line that a person recognises the statement by: white space collapsed, comments dropped, strings and names as
    /// they are, cut at `limit` characters with an ellipsis.
    public func summary(of statement: SQLStatement, limit: Int = 100) -> String {
        var line = ""
        var needsSpace = false
        for token in statement.tokens {
            guard token.isSignificant else {
                needsSpace = !line.isEmpty
                continue
            }
            if needsSpace { line += " " }
            needsSpace = false
            // A string or a name may hold line ends of its own.
            line += text(token.range).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // A function's body may have megabytes.
            if line.utf8.count > limit * 8 { break }
        }
        guard line.count > limit else { return line }
        return line.prefix(max(0, limit - 1)) + "…"
    }
}
