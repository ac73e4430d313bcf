/// One record of a file of separated values, where it stands: nothing is copied until somebody asks for a value.
public struct CSVRecord: Sendable {
    /// Where a field stands in the buffer.
    struct Field: Sendable {
        var range: Range<Int>
        var isQuoted = false
        /// There are doubled quotes in it.
        var hasEscapes = false
    }

    var buffer: [UInt8] = []
    var fields: [Field] = []
    var quote: UInt8 = 0

    /// The line of the file on which it begins, counted from 1; a line end within quotes counts.
    public internal(set) var line = 1
    /// False for the last record of a file that ends without a line end.
    public internal(set) var isTerminated = true

    /// How many fields it has; 0 for an empty line.
    public var count: Int { fields.count }
    public var isBlank: Bool { fields.isEmpty }

    /// Whether a field was written in quotes: then an empty one is an empty text, and not nothing.
    public func isQuoted(_ field: Int) -> Bool { fields[field].isQuoted }

    /// A field's value, its quotes taken off.
    public subscript(field: Int) -> ArraySlice<UInt8> {
        let place = fields[field]
        guard place.hasEscapes else { return buffer[place.range] }
        var value: [UInt8] = []
        value.reserveCapacity(place.range.count)
        var isSecond = false
        for byte in buffer[place.range] {
            isSecond = byte == quote && !isSecond
            if !isSecond { value.append(byte) }
        }
        return value[...]
    }

    /// A field as text; bytes that are no UTF-8 become U+FFFD.
    public func text(_ field: Int) -> String {
        String(decoding: self[field], as: UTF8.self)
    }
}

/// What keeps a file from being read as separated values.
public enum CSVProblem: Error, Sendable, Hashable {
    /// A closing quote is followed by something else than a separator or a line end.
    case textAfterQuote(line: Int)
    /// The file ends within quotes that were opened on this line.
    case openQuote(line: Int)
    /// A record is longer than the reader keeps in memory.
    case recordTooLong(line: Int, limit: Int)

    public var line: Int {
        switch self {
        case .textAfterQuote(let line), .openQuote(let line), .recordTooLong(let line, _): line
        }
    }
}
