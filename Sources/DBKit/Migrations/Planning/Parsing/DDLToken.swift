/// A token that the server sees, with what the parser asks of it.
struct DDLToken: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case word
        case quotedName
        case string
        case number
        case symbol(UInt8)
        case other
    }

    var kind: Kind
    /// As it stands in the script.
    var text: String
    /// A word in capitals; empty for all else.
    var keyword: String

    init(_ token: SQLToken, _ text: String) {
        self.text = text
        switch token.kind {
        case .word: kind = .word
        case .quotedName: kind = .quotedName
        case .string: kind = .string
        case .number: kind = .number
        case .symbol(let byte): kind = .symbol(byte)
        default: kind = .other
        }
        keyword = kind == .word ? text.uppercased() : ""
    }

    var isOpening: Bool { kind == .symbol(UInt8(ascii: "(")) || kind == .symbol(UInt8(ascii: "[")) }
    var isClosing: Bool { kind == .symbol(UInt8(ascii: ")")) || kind == .symbol(UInt8(ascii: "]")) }
    func isSymbol(_ character: Unicode.Scalar) -> Bool { kind == .symbol(UInt8(ascii: character)) }

    /// The name that it is: an unquoted one folded, a quoted one without its quotes. Nil for `U&"…"`, whose escapes are
    /// not read here, and for what is no name.
    var name: String? {
        switch kind {
        case .word:
            // Only ASCII is folded in UTF8, the encoding of every session here.
            return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0.lowercase : $0 }))
        case .quotedName:
            guard text.hasPrefix("\"") else { return nil }
            let inner = text.dropFirst().dropLast()
            return inner.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")
        default: return nil
        }
    }
}

extension Unicode.Scalar {
    fileprivate var lowercase: Unicode.Scalar {
        ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) + 0x20) : self
    }
}

extension SQLScript {
    func ddlTokens(of statement: SQLStatement) -> [DDLToken] {
        statement.tokens.filter(\.isSignificant).map { DDLToken($0, text($0.range)) }
    }
}
