/// One record of a feed, where it stands: nothing is copied until somebody asks for a value.
struct FeedRecord: Sendable {
    /// How a value is written where it is not written as it is.
    enum Writing: UInt8, Sendable {
        case asItIs
        /// There are doubled quotes in it.
        case doubledQuotes
        /// There are escapes of JSON in it.
        case escaped
    }

    /// What stands there.
    enum Kind: UInt8, Sendable {
        /// A text without quotes: of CSV; a number, `true` or `false` of JSON.
        case plain
        /// A text in quotes: an empty one is an empty text, and not nothing.
        case quoted
        /// JSON's `null`.
        case null
        /// An object or array of JSON.
        case nested
        /// An object of JSON has no such member.
        case absent
    }

    /// Where a field stands in the buffer.
    struct Field: Sendable {
        var start: Int
        var end: Int
        var kind = Kind.plain
        var writing = Writing.asItIs

        var range: Range<Int> { start..<end }
    }

    var buffer: [UInt8] = []
    var fields: [Field] = []
    var quote: UInt8 = 0

    /// The line of the file on which it begins, counted from 1; a line end within quotes counts.
    var line = 1
    /// False for the last record of a file that ends without a line end.
    var isTerminated = true
    /// Where it begins in the buffer, and where its line end does.
    var start = 0
    var end = 0
    /// Why it cannot be read; then there are no fields.
    var problem: String?

    /// How many fields it has; 0 for an empty line.
    var count: Int { fields.count }
    var isBlank: Bool { fields.isEmpty && problem == nil }

    /// Whether a field was written in quotes.
    func isQuoted(_ field: Int) -> Bool { fields[field].kind == .quoted }

    /// A field's value, its quotes and escapes taken off.
    subscript(field: Int) -> [UInt8] {
        let place = fields[field]
        switch place.writing {
        case .asItIs: return Array(buffer[place.range])
        case .escaped: return JSONText.unescaped(buffer[place.range])
        case .doubledQuotes: break
        }
        var value: [UInt8] = []
        value.reserveCapacity(place.range.count)
        var isSecond = false
        for byte in buffer[place.range] {
            isSecond = byte == quote && !isSecond
            if !isSecond { value.append(byte) }
        }
        return value
    }

    /// A field as text; bytes that are no UTF-8 become U+FFFD.
    func text(_ field: Int) -> String {
        String(decoding: self[field], as: UTF8.self)
    }
}
