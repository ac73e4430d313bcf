/// Cuts the SQL that `pg_dump` writes into tokens, so that a name inside it can be replaced without touching a string
/// or a comment that looks like it.
///
/// It relies on `pg_dump`'s own habit: keywords in capitals, and no unquoted name with a capital. It works on bytes,
/// because an archive is not always UTF-8; every server encoding keeps ASCII bytes for ASCII characters.
struct DumpLexer {
    struct Token: Hashable {
        enum Kind { case word, quotedName, string, space, comment, symbol }

        var kind: Kind
        var bytes: [UInt8]
        /// How many parentheses are open around it.
        var depth: Int

        /// The name that an identifier stands for; nil for a keyword or anything else.
        var name: ArchiveText? {
            switch kind {
            case .quotedName:
                var name: [UInt8] = []
                var isEscape = false
                for byte in bytes.dropFirst().dropLast() {
                    isEscape = byte == 0x22 && !isEscape
                    if !isEscape { name.append(byte) }
                }
                return ArchiveText(bytes: name)
            case .word: return isKeyword ? nil : ArchiveText(bytes: bytes)
            default: return nil
            }
        }

        var isKeyword: Bool {
            kind == .word && bytes.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x5F }
                && bytes.contains { $0 != 0x5F }
        }
        var isBlank: Bool { kind == .space || kind == .comment }

        func `is`(_ keyword: String) -> Bool { kind == .word && bytes.elementsEqual(keyword.utf8) }
        func isSymbol(_ symbol: Character) -> Bool { kind == .symbol && bytes == Array(String(symbol).utf8) }
    }

    private let text: [UInt8]
    private var offset = 0
    private var depth = 0

    private init(_ text: ArchiveText) {
        self.text = text.bytes
    }

    /// All tokens; joined again they are the text, byte for byte.
    static func tokens(_ text: ArchiveText) -> [Token] {
        var lexer = DumpLexer(text)
        var tokens: [Token] = []
        while let token = lexer.next() { tokens.append(token) }
        return tokens
    }

    /// The statements of a text, each with its semicolon and without surrounding blanks.
    static func statements(_ text: ArchiveText) -> [[Token]] {
        var statements: [[Token]] = []
        var current: [Token] = []
        for token in tokens(text) {
            if current.isEmpty, token.isBlank { continue }
            current.append(token)
            if token.isSymbol(";"), token.depth == 0 {
                statements.append(current)
                current = []
            }
        }
        if current.contains(where: { !$0.isBlank }) { statements.append(current) }
        return statements
    }

    static func text(_ tokens: some Sequence<Token>) -> ArchiveText {
        ArchiveText(bytes: tokens.flatMap(\.bytes))
    }

    private mutating func next() -> Token? {
        guard offset < text.count else { return nil }
        let start = offset
        let kind = scan()
        let bytes = Array(text[start..<offset])
        if kind == .symbol, bytes == [0x29] { depth = max(0, depth - 1) }
        defer { if kind == .symbol, bytes == [0x28] { depth += 1 } }
        return Token(kind: kind, bytes: bytes, depth: depth)
    }

    private mutating func scan() -> Token.Kind {
        let byte = text[offset]
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, 0x0C:
            skip { $0 == 0x20 || (0x09...0x0D).contains($0) }
            return .space
        case 0x22:
            quoted(by: 0x22, escapes: false)
            return .quotedName
        case 0x27:
            quoted(by: 0x27, escapes: false)
            return .string
        case 0x45, 0x65:
            guard peek(1) == 0x27 else { return word() }
            offset += 1
            quoted(by: 0x27, escapes: true)
            return .string
        case 0x2D where peek(1) == 0x2D:
            skip { $0 != 0x0A }
            return .comment
        case 0x24:
            return dollarQuoted() ? .string : symbol()
        case 0x41...0x5A, 0x5F, 0x61...0x7A, 0x80...: return word()
        default: return symbol()
        }
    }

    private func peek(_ distance: Int) -> UInt8? {
        offset + distance < text.count ? text[offset + distance] : nil
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while offset < text.count, condition(text[offset]) { offset += 1 }
    }

    private mutating func word() -> Token.Kind {
        skip { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x5F, 0x24, 0x61...0x7A, 0x80...: true
            default: false
            }
        }
        return .word
    }

    private mutating func symbol() -> Token.Kind {
        offset += 1
        return .symbol
    }

    private mutating func quoted(by quote: UInt8, escapes: Bool) {
        offset += 1
        while offset < text.count {
            let byte = text[offset]
            if byte == quote {
                guard peek(1) == quote else {
                    offset += 1
                    return
                }
                offset += 2
            } else {
                offset += escapes && byte == 0x5C ? 2 : 1
            }
        }
        offset = min(offset, text.count)
    }

    /// `$tag$ … $tag$`. False, with nothing taken, when the dollar begins no such string.
    private mutating func dollarQuoted() -> Bool {
        var end = offset + 1
        while end < text.count, text[end] == 0x5F || text[end] >= 0x80 || isAlphanumeric(text[end]) { end += 1 }
        guard end < text.count, text[end] == 0x24 else { return false }
        let tag = text[offset...end]
        var search = end + 1
        while search + tag.count <= text.count {
            if text[search..<search + tag.count].elementsEqual(tag) {
                offset = search + tag.count
                return true
            }
            search += 1
        }
        offset = text.count
        return true
    }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
