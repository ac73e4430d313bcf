/// Finds the members of an object of JSON (RFC 8259) in a text, and checks their syntax on the way; values stay where
/// they stand.
struct JSONScanner {
    private(set) var position: Int
    private let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// Why a text is no object of JSON, or none that can be stored.
    struct Problem: Error, Sendable, Hashable {
        var words: String

        init(_ words: String) {
            self.words = words
        }
    }

    /// Hands each member to `body`: its name without quotes, and its value.
    mutating func object(
        _ bytes: Span<UInt8>, _ body: (FeedRecord.Field, FeedRecord.Field) throws(Problem) -> Void
    ) throws(Problem) {
        skipSpaces(bytes)
        guard take(bytes, UInt8(ascii: "{")) else { throw Problem("is no object of JSON: a line begins with {") }
        skipSpaces(bytes)
        if !take(bytes, UInt8(ascii: "}")) {
            repeat {
                skipSpaces(bytes)
                let name = try string(bytes)
                skipSpaces(bytes)
                guard take(bytes, UInt8(ascii: ":")) else { throw broken(":") }
                try body(name, try value(bytes, depth: 0))
                skipSpaces(bytes)
            } while take(bytes, UInt8(ascii: ","))
            guard take(bytes, UInt8(ascii: "}")) else { throw broken(", or }") }
        }
        skipSpaces(bytes)
        guard position == end else { throw Problem("has something behind its object of JSON") }
    }

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(Problem) -> FeedRecord.Field {
        skipSpaces(bytes)
        guard position < end else { throw broken("a value") }
        let start = position
        switch bytes[position] {
        case UInt8(ascii: "\""): return try string(bytes)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try nested(bytes, depth: depth + 1)
            return FeedRecord.Field(start: start, end: position, kind: .nested)
        default:
            while position < end, Self.isWord(bytes[position]) { position += 1 }
            let word = start..<position
            if Self.equals(bytes, word, "null") {
                return FeedRecord.Field(start: start, end: position, kind: .null)
            }
            let isFine =
                Self.equals(bytes, word, "true") || Self.equals(bytes, word, "false") || Self.isNumber(bytes, word)
            guard isFine else {
                position = start
                let names = ["NaN", "Infinity", "-Infinity"]
                if let name = names.first(where: { Self.equals(bytes, word, $0) }) {
                    throw Problem("has \(name), which is no value of JSON")
                }
                throw broken("a value")
            }
            return FeedRecord.Field(start: start, end: position)
        }
    }

    private mutating func nested(_ bytes: Span<UInt8>, depth: Int) throws(Problem) {
        guard depth <= 64 else { throw Problem("has objects of JSON within one another, more than 64 deep") }
        let isObject = bytes[position] == UInt8(ascii: "{")
        let close = UInt8(ascii: isObject ? "}" : "]")
        position += 1
        skipSpaces(bytes)
        if take(bytes, close) { return }
        repeat {
            if isObject {
                skipSpaces(bytes)
                _ = try string(bytes)
                skipSpaces(bytes)
                guard take(bytes, UInt8(ascii: ":")) else { throw broken(":") }
            }
            _ = try value(bytes, depth: depth)
            skipSpaces(bytes)
        } while take(bytes, UInt8(ascii: ","))
        guard take(bytes, close) else { throw broken(isObject ? ", or }" : ", or ]") }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(Problem) -> FeedRecord.Field {
        guard take(bytes, UInt8(ascii: "\"")) else { throw broken("a text in quotes") }
        var field = FeedRecord.Field(start: position, end: position, kind: .quoted)
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                field.end = position
                position &+= 1
                return field
            case UInt8(ascii: "\\"):
                field.writing = .escaped
                try escape(bytes)
            case ..<0x20: throw Problem("has a control character within a text of JSON")
            default: position &+= 1
            }
        }
        throw Problem("ends within a text of JSON")
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(Problem) {
        guard position + 1 < end else { throw Problem("ends within a text of JSON") }
        position += 2
        switch bytes[position - 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"): break
        default: throw Problem("has an escape that JSON does not know")
        }
        let code = try hexadecimal(bytes)
        switch code {
        case 0: throw Problem("has \\u0000, which the server cannot store")
        case 0xD800..<0xDC00:
            guard position + 6 <= end, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            else { throw Problem("has half a character (a lone surrogate)") }
            position += 2
            guard (0xDC00..<0xE000).contains(try hexadecimal(bytes)) else {
                throw Problem("has half a character (a lone surrogate)")
            }
        case 0xDC00..<0xE000: throw Problem("has half a character (a lone surrogate)")
        default: return
        }
    }

    private mutating func hexadecimal(_ bytes: Span<UInt8>) throws(Problem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < end, let digit = JSONText.digit(bytes[position]) else {
                throw Problem("has an escape that JSON does not know")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    @inline(__always)
    private mutating func skipSpaces(_ bytes: Span<UInt8>) {
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position &+= 1
            default: return
            }
        }
    }

    @inline(__always)
    private mutating func take(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    private func broken(_ expected: String) -> Problem {
        Problem(position < end ? "is broken JSON: \(expected) is missing" : "is cut off: \(expected) is missing")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ word: String) -> Bool {
        var position = range.lowerBound
        guard word.utf8.count == range.count else { return false }
        for byte in word.utf8 {
            guard bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }

    /// By JSON's own grammar: no zeros in front, no plus, digits on both sides of the point.
    private static func isNumber(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let number = NumberText(bytes, range), !number.hasPlus else { return false }
        let integer = number.integerEnd - number.start
        let hasPoint = number.fractionStart > number.integerEnd
        return integer > 0 && (integer == 1 || bytes[number.start] != UInt8(ascii: "0"))
            && (!hasPoint || number.fractionEnd > number.fractionStart)
    }
}
