/// What ends the reading of a statement that the parser does not know. Its text says at which word.
struct UnknownSyntax: Error {
    var reason: String
}

/// A place in the tokens of a statement. Reads forward only.
struct DDLCursor {
    private let tokens: ArraySlice<DDLToken>
    private var position: Int

    init(_ tokens: some RandomAccessCollection<DDLToken>) {
        self.tokens = Array(tokens)[...]
        position = 0
    }

    var isAtEnd: Bool { position >= tokens.count }
    var current: DDLToken? { isAtEnd ? nil : tokens[position] }
    var rest: ArraySlice<DDLToken> { tokens[position...] }
    func peek(_ ahead: Int = 0) -> DDLToken? { position + ahead < tokens.count ? tokens[position + ahead] : nil }
    func isNext(_ words: String...) -> Bool { matches(words) }
    func isNext(oneOf words: Set<String>) -> Bool { current.map { words.contains($0.keyword) } ?? false }
    func isNext(symbol: Unicode.Scalar) -> Bool { current?.isSymbol(symbol) ?? false }

    mutating func advance() { position += 1 }

    /// Goes past these words if all of them follow.
    mutating func accept(_ words: String...) -> Bool {
        guard matches(words) else { return false }
        position += words.count
        return true
    }

    mutating func accept(symbol: Unicode.Scalar) -> Bool {
        guard isNext(symbol: symbol) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ words: String...) throws(UnknownSyntax) {
        guard matches(words) else { throw unexpected() }
        position += words.count
    }

    mutating func expect(symbol: Unicode.Scalar) throws(UnknownSyntax) {
        guard accept(symbol: symbol) else { throw unexpected() }
    }

    mutating func word() throws(UnknownSyntax) -> String {
        guard let token = current, token.kind == .word else { throw unexpected() }
        position += 1
        return token.keyword
    }

    mutating func name() throws(UnknownSyntax) -> String {
        guard let name = current?.name else { throw unexpected() }
        position += 1
        return RelationName(name).name
    }

    mutating func relation() throws(UnknownSyntax) -> RelationName {
        let first = try name()
        guard accept(symbol: ".") else { return RelationName(first) }
        let second = try name()
        // A database in front must be the current one; the server says so itself.
        guard accept(symbol: ".") else { return RelationName(first, second) }
        return RelationName(second, try name())
    }

    mutating func relations() throws(UnknownSyntax) -> [RelationName] {
        var list = [try relation()]
        while accept(symbol: ",") { list.append(try relation()) }
        return list
    }

    /// What stands in the parentheses that begin here, without them.
    mutating func group() throws(UnknownSyntax) -> ArraySlice<DDLToken> {
        guard isNext(symbol: "(") else { throw unexpected() }
        let start = position + 1
        try skipGroup()
        return tokens[start..<position - 1]
    }

    mutating func skipGroup() throws(UnknownSyntax) {
        var depth = 0
        while let token = current {
            position += 1
            if token.isOpening { depth += 1 }
            if token.isClosing { depth -= 1 }
            if depth == 0 { return }
        }
        throw UnknownSyntax(reason: "a parenthesis is not closed")
    }

    /// Tokens up to a comma or one of the words outside of parentheses, at least one.
    mutating func expression(until stops: Set<String> = []) throws(UnknownSyntax) -> ArraySlice<DDLToken> {
        let start = position
        while let token = current, !token.isSymbol(","), !token.isClosing {
            if position > start, stops.contains(token.keyword) { break }
            if token.isOpening { try skipGroup() } else { position += 1 }
        }
        guard position > start else { throw unexpected() }
        return tokens[start..<position]
    }

    mutating func expectEnd() throws(UnknownSyntax) {
        guard isAtEnd else { throw unexpected() }
    }

    /// Goes past IF EXISTS, or IF NOT EXISTS.
    mutating func acceptIfExists() -> Bool { accept("IF", "EXISTS") || accept("IF", "NOT", "EXISTS") }

    func unexpected() -> UnknownSyntax {
        UnknownSyntax(reason: current.map { "“\($0.text.prefix(40))” was not expected here" } ?? "it ends too early")
    }

    private func matches(_ words: [String]) -> Bool {
        guard position + words.count <= tokens.count else { return false }
        return zip(words, tokens[position...]).allSatisfy { $0 == $1.keyword }
    }
}

extension Collection<DDLToken> {
    /// The parts between the commas that stand outside of parentheses.
    func splitAtCommas() -> [SubSequence] {
        var depth = 0
        return split(omittingEmptySubsequences: true) { token in
            if token.isOpening { depth += 1 }
            if token.isClosing { depth -= 1 }
            return depth == 0 && token.isSymbol(",")
        }
    }
}
