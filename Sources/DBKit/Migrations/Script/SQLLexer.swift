/// Cuts a script into tokens by the rules of PostgreSQL's own lexer (`scan.l`), as far as they decide where a token ends.
struct SQLLexer {
    private let bytes: [UInt8]
    private(set) var position = 0
    private(set) var line = 1
    /// `standard_conforming_strings`: without it a backslash escapes in plain strings, too.
    var hasStandardStrings = true

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The next token; nil at the end.
    mutating func next() throws(SQLScriptError) -> SQLToken? {
        guard !isAtEnd else { return nil }
        let start = position
        let startLine = line
        let kind = try readToken()
        countLines(start..<position)
        return SQLToken(kind: kind, range: start..<position, line: startLine)
    }

    /// Goes past what is left of the line behind a `COPY … FROM stdin;`. Its rows begin on the next one.
    mutating func skipRestOfLine() throws(SQLScriptError) -> Range<Int> {
        let start = position
        skip { $0.isSpace && $0 != .newline }
        if peek() == .minus, peek(1) == .minus { skip { $0 != .newline } }
        guard isAtEnd || peek() == .newline else {
            throw SQLScriptError(
                line: line,
                message: "the rows of a COPY begin on the line after it; put what stands behind it elsewhere")
        }
        if !isAtEnd { position += 1 }
        countLines(start..<position)
        return start..<position
    }

    /// Goes past the rows of a COPY that begin here, with the line `\.` that ends them.
    ///
    /// - Returns: the rows, and where that line ends.
    mutating func skipRows() throws(SQLScriptError) -> (rows: Range<Int>, end: Int) {
        let start = position
        while !isAtEnd {
            let lineStart = position
            skip { $0 != .newline }
            let content = bytes[lineStart..<position]
            if !isAtEnd { position += 1 }
            if content.elementsEqual([.backslash, .dot]) || content.elementsEqual([.backslash, .dot, .carriageReturn]) {
                countLines(start..<position)
                return (start..<lineStart, position)
            }
        }
        throw SQLScriptError(line: line, message: #"the rows of this COPY have no end: the line \. is missing"#)
    }

    private mutating func readToken() throws(SQLScriptError) -> SQLToken.Kind {
        let byte = bytes[position]
        switch byte {
        case 0: throw SQLScriptError(line: line, message: "a NUL byte; no text of PostgreSQL may hold one")
        case _ where byte.isSpace:
            skip { $0.isSpace }
            return .space
        case 0xEF where position == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]):
            position += 3
            return .space
        case .minus where peek(1) == .minus:
            skip { $0 != .newline && $0 != .carriageReturn }
            return .comment
        case .slash where peek(1) == .star:
            try skipBlockComment()
            return .comment
        case .quote:
            try skipString(escapes: !hasStandardStrings)
            return .string
        case .doubleQuote:
            try skipQuotedName()
            return .quotedName
        case .dollar: return try readDollar()
        case .backslash:
            skip { $0 != .newline && $0 != .carriageReturn }
            return .metaCommand
        case _ where byte.isDigit || byte == .dot && peek(1)?.isDigit == true:
            skipNumber()
            return .number
        case _ where byte.startsName: return try readWord()
        default:
            position += 1
            return .symbol(byte)
        }
    }

    private mutating func readWord() throws(SQLScriptError) -> SQLToken.Kind {
        // E'…', B'…', X'…', N'…', U&'…', U&"…": the letter must be the whole word.
        switch (bytes[position] | 0x20, peek(1), peek(2)) {
        case (UInt8(ascii: "e"), .quote, _):
            position += 1
            try skipString(escapes: true)
            return .string
        case (UInt8(ascii: "b"), .quote, _), (UInt8(ascii: "x"), .quote, _):
            position += 1
            try skipString(escapes: false)
            return .string
        case (UInt8(ascii: "n"), .quote, _):
            position += 1
            try skipString(escapes: !hasStandardStrings)
            return .string
        case (UInt8(ascii: "u"), .ampersand, .quote):
            position += 2
            try skipString(escapes: false)
            return .string
        case (UInt8(ascii: "u"), .ampersand, .doubleQuote):
            position += 2
            try skipQuotedName()
            return .quotedName
        default:
            skip { $0.continuesName }
            return .word
        }
    }

    /// From the opening quote to behind the closing one. A string with escapes may go on after a line end, and then
    /// still has them.
    private mutating func skipString(escapes: Bool) throws(SQLScriptError) {
        let start = line
        position += 1
        while let byte = peek() {
            position += 1
            if escapes, byte == .backslash, !isAtEnd {
                position += 1
            } else if byte == .quote {
                if peek() == .quote {
                    position += 1
                } else if escapes, let more = continuation() {
                    position = more + 1
                } else {
                    return
                }
            }
        }
        throw SQLScriptError(line: start, message: "a string begins here and does not end")
    }

    /// Where the same string goes on: after white space with a line end in it, and comments that end with their line.
    private func continuation() -> Int? {
        var place = position
        var hasNewline = false
        while place < bytes.count {
            let byte = bytes[place]
            if byte == .newline || byte == .carriageReturn {
                hasNewline = true
                place += 1
            } else if byte.isSpace {
                place += 1
            } else if byte == .minus, place + 1 < bytes.count, bytes[place + 1] == .minus {
                while place < bytes.count, bytes[place] != .newline, bytes[place] != .carriageReturn { place += 1 }
            } else {
                return hasNewline && byte == .quote ? place : nil
            }
        }
        return nil
    }

    private mutating func skipQuotedName() throws(SQLScriptError) {
        let start = line
        position += 1
        while let byte = peek() {
            position += 1
            guard byte == .doubleQuote else { continue }
            guard peek() == .doubleQuote else { return }
            position += 1
        }
        throw SQLScriptError(line: start, message: "a quoted name begins here and does not end")
    }

    private mutating func skipBlockComment() throws(SQLScriptError) {
        let start = line
        var depth = 0
        while !isAtEnd {
            if peek() == .slash, peek(1) == .star {
                depth += 1
                position += 2
            } else if peek() == .star, peek(1) == .slash {
                depth -= 1
                position += 2
                if depth == 0 { return }
            } else {
                position += 1
            }
        }
        throw SQLScriptError(line: start, message: "a comment begins here and does not end")
    }

    /// `$1`, `$tag$…$tag$`, or a dollar that is neither.
    private mutating func readDollar() throws(SQLScriptError) -> SQLToken.Kind {
        if peek(1)?.isDigit == true {
            position += 1
            skip { $0.isDigit }
            return .parameter
        }
        var end = position + 1
        while end < bytes.count, bytes[end].continuesTag, end > position + 1 || !bytes[end].isDigit { end += 1 }
        guard end < bytes.count, bytes[end] == .dollar else {
            position += 1
            return .symbol(.dollar)
        }
        let tag = bytes[position...end]
        let start = line
        position = end + 1
        while !isAtEnd {
            if peek() == .dollar, bytes[position...].starts(with: tag) {
                position += tag.count
                return .string
            }
            position += 1
        }
        throw SQLScriptError(
            line: start, message: "a string begins here with \(String(decoding: tag, as: UTF8.self)) and does not end")
    }

    private mutating func skipNumber() {
        if peek() == UInt8(ascii: "0"), let base = peek(1), "xXoObB".utf8.contains(base) {
            position += 2
            skip { $0.isDigit || $0 == .underscore || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }
            return
        }
        // Two dots are a range of PL/pgSQL's and end the number.
        while let byte = peek(), byte.isDigit || byte == .underscore || byte == .dot && peek(1) != .dot {
            position += 1
        }
        guard let mark = peek(), mark | 0x20 == UInt8(ascii: "e") else { return }
        let sign = peek(1) == .minus || peek(1) == UInt8(ascii: "+")
        guard peek(sign ? 2 : 1)?.isDigit == true else { return }
        position += sign ? 2 : 1
        skip { $0.isDigit || $0 == .underscore }
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }

    /// A line ends with a line feed, with a carriage return, or with both.
    private mutating func countLines(_ range: Range<Int>) {
        for place in range {
            let byte = bytes[place]
            let isLoneReturn =
                byte == .carriageReturn && (place + 1 >= bytes.count || bytes[place + 1] != .newline)
            if byte == .newline || isLoneReturn { line += 1 }
        }
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let backslash = UInt8(ascii: "\\")
    static let quote = UInt8(ascii: "'")
    static let doubleQuote = UInt8(ascii: "\"")
    static let dollar = UInt8(ascii: "$")
    static let minus = UInt8(ascii: "-")
    static let slash = UInt8(ascii: "/")
    static let star = UInt8(ascii: "*")
    static let dot = UInt8(ascii: ".")
    static let ampersand = UInt8(ascii: "&")
    static let underscore = UInt8(ascii: "_")
    static let semicolon = UInt8(ascii: ";")

    /// As `scan.l` has it: space, tab, newline, carriage return, form feed; since 16 vertical tab, too.
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    /// Every byte beyond ASCII is a letter.
    var startsName: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == .underscore || self >= 0x80
    }
    var continuesTag: Bool { startsName || isDigit }
    var continuesName: Bool { continuesTag || self == .dollar }
}
