/// Finds the ends of statements: a semicolon outside of parentheses and of SQL-standard function bodies.
struct SQLSplitter {
    private let bytes: [UInt8]
    private var lexer: SQLLexer
    private var pieces: [SQLScript.Piece] = []
    /// Of the statement begun; white space and comments only between its other tokens.
    private var tokens: [SQLToken] = []
    private var nesting = Nesting()

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lexer = SQLLexer(bytes)
    }

    mutating func split(_ isMarker: (ArraySlice<UInt8>) -> Bool) throws(SQLScriptError) -> [SQLScript.Piece] {
        while let token = try lexer.next() {
            switch token.kind {
            case .space: addTrivia(token)
            case .comment where isMarker(bytes[token.range]):
                try endStatement()
                pieces.append(SQLScript.Piece(kind: .marker, range: token.range, line: token.line))
            case .comment: addTrivia(token)
            case .metaCommand: try addMetaCommand(token)
            case .symbol(.semicolon) where nesting.isFlat: try endStatement(with: token)
            default:
                nesting.enter(token, word(token), after: tokens.last { $0.isSignificant }.map { ($0, word($0)) })
                tokens.append(token)
            }
        }
        try endStatement()
        return pieces
    }

    private mutating func addTrivia(_ token: SQLToken) {
        if tokens.isEmpty { addBetween(token.range, line: token.line) } else { tokens.append(token) }
    }

    private mutating func addBetween(_ range: Range<Int>, line: Int) {
        if let last = pieces.last, last.kind == .between {
            pieces[pieces.count - 1].range = last.range.lowerBound..<range.upperBound
        } else {
            pieces.append(SQLScript.Piece(kind: .between, range: range, line: line))
        }
    }

    /// `pg_dump` writes `\restrict` and `\unrestrict` since August 2025; everything else is a program for psql.
    private mutating func addMetaCommand(_ token: SQLToken) throws(SQLScriptError) {
        let name = bytes[token.range].dropFirst().prefix { !$0.isSpace }
        guard tokens.isEmpty, name.elementsEqual("restrict".utf8) || name.elementsEqual("unrestrict".utf8) else {
            let shown = String(decoding: name, as: UTF8.self)
            throw SQLScriptError(
                line: token.line, message: #"\\#(shown) is a command of psql, not SQL; no server understands it"#)
        }
        addBetween(token.range, line: token.line)
    }

    private mutating func endStatement(with semicolon: SQLToken? = nil) throws(SQLScriptError) {
        guard let first = tokens.first else {
            if let semicolon { addBetween(semicolon.range, line: semicolon.line) }
            return
        }
        guard nesting.isFlat else {
            throw SQLScriptError(line: first.line, message: "the statement that begins here \(nesting.complaint)")
        }
        let count = (tokens.lastIndex(where: \.isSignificant) ?? 0) + 1
        let body = Array(tokens[..<count])
        let trailing = tokens[count...]
        tokens = []
        nesting = Nesting()
        let words = body.filter(\.isSignificant).map(word)
        setStrings(words)
        var statement = SQLStatement(
            tokens: body, range: first.range.lowerBound..<body[count - 1].range.upperBound, line: first.line)
        let place = pieces.count
        let end = semicolon?.range.upperBound ?? statement.range.upperBound
        pieces.append(
            SQLScript.Piece(kind: .statement(statement), range: first.range.lowerBound..<end, line: first.line))
        if semicolon == nil {
            for token in trailing { addBetween(token.range, line: token.line) }
        }
        guard Self.readsRows(words) else { return }
        statement.rows = try readRows(of: statement, isComplete: semicolon != nil, isBinary: words.contains("binary"))
        pieces[place].kind = .statement(statement)
    }

    /// From the line after the semicolon.
    private mutating func readRows(
        of statement: SQLStatement, isComplete: Bool, isBinary: Bool
    ) throws(SQLScriptError) -> Range<Int> {
        guard isComplete else {
            throw SQLScriptError(line: statement.line, message: "this COPY has no semicolon, and no rows after it")
        }
        guard !isBinary else {
            throw SQLScriptError(line: statement.line, message: "rows in binary form have no place in a script")
        }
        let (line, rest) = (lexer.line, try lexer.skipRestOfLine())
        addBetween(rest, line: line)
        let rowsLine = lexer.line
        let (rows, end) = try lexer.skipRows()
        pieces.append(SQLScript.Piece(kind: .rows, range: rows.lowerBound..<end, line: rowsLine))
        return rows
    }

    /// `COPY … FROM stdin`, also with columns, and not a query's own FROM.
    private static func readsRows(_ words: [String]) -> Bool {
        guard words.first == "copy" else { return false }
        var depth = 0
        for (word, next) in zip(words, words.dropFirst()) {
            if word == "(" { depth += 1 }
            if word == ")" { depth -= 1 }
            if depth == 0, word == "from" { return next == "stdin" }
        }
        return false
    }

    /// The script may change how its own strings are read.
    private mutating func setStrings(_ words: [String]) {
        guard words.first == "set", let name = words.firstIndex(of: "standard_conforming_strings"), name <= 2,
            words.count == name + 3
        else { return }
        let value = words[name + 2].trimming { $0 == "'" }
        lexer.hasStandardStrings = !["off", "false", "no", "0"].contains(value.lowercased())
    }

    /// Keywords and names in lower case, everything else as it stands.
    private func word(_ token: SQLToken) -> String {
        let text = String(decoding: bytes[token.range], as: UTF8.self)
        return token.kind == .word ? text.lowercased() : text
    }
}

/// What keeps a semicolon from ending a statement.
private struct Nesting {
    private var parentheses = 0
    /// BEGIN ATOMIC, and the CASEs within it, which end with END as well.
    private var blocks = 0
    /// The first words of the statement.
    private var beginning: [String] = []

    var isFlat: Bool { parentheses == 0 && blocks == 0 }

    var complaint: String {
        parentheses > 0 ? "has a parenthesis that is not closed" : "has a BEGIN ATOMIC without its END"
    }

    mutating func enter(_ token: SQLToken, _ word: String, after previous: (token: SQLToken, word: String)?) {
        switch token.kind {
        case .symbol(UInt8(ascii: "(")): parentheses += 1
        case .symbol(UInt8(ascii: ")")): parentheses = max(0, parentheses - 1)
        case .word:
            if beginning.count < 4 { beginning.append(word) }
            // As a label (`AS end`, `r.end`) a keyword is a name.
            guard definesRoutine, previous?.word != "as", previous?.token.kind != .symbol(.dot) else { return }
            switch word {
            case "atomic" where previous?.word == "begin" && blocks == 0: blocks = 1
            case "case" where blocks > 0: blocks += 1
            case "end" where blocks > 0: blocks -= 1
            default: break
            }
        default: break
        }
    }

    /// `CREATE [OR REPLACE] FUNCTION|PROCEDURE`: nowhere else do SQL-standard bodies occur.
    private var definesRoutine: Bool {
        let kinds = ["function", "procedure"]
        guard beginning.count > 1, beginning[0] == "create" else { return false }
        return kinds.contains(beginning[1])
            || beginning.count > 3 && beginning[1] == "or" && beginning[2] == "replace" && kinds.contains(beginning[3])
    }
}

extension String {
    fileprivate func trimming(_ isUnwanted: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let first = rest.first, isUnwanted(first) { rest = rest.dropFirst() }
        while let last = rest.last, isUnwanted(last) { rest = rest.dropLast() }
        return rest
    }
}
