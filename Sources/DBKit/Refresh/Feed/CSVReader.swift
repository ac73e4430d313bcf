/// Reads separated values out of bytes that come in pieces, and knows on which line each record begins.
///
/// By RFC 4180, as Python's `csv` reads it with `strict=True`: a record ends at LF, CR or CRLF outside of quotes; a field
/// that begins with a quote ends at the next single one; a quote within an unquoted field is a character like any other.
/// Memory is bounded by the longest record.
public struct CSVReader: Sendable {
    private let dialect: CSVDialect
    private let limit: Int
    /// The beginning of a record whose end has not come yet.
    private var rest: [UInt8] = []
    private var line = 1
    /// A CR ended the last record and the piece: an LF that comes next belongs to it.
    private var awaitsLineFeed = false
    private var record = CSVRecord()

    /// - Parameter longestRecord: In bytes. A longer one is a ``CSVProblem``: a quote that nobody closed, or no such file.
    public init(_ dialect: CSVDialect = CSVDialect(), longestRecord: Int = 1 << 20) {
        self.dialect = dialect
        limit = longestRecord
        record.quote = dialect.quote ?? 0
    }

    /// Takes the next piece, and hands each record that is complete to `body`.
    ///
    /// - Throws: ``CSVProblem``; what `body` throws.
    public mutating func read(_ piece: [UInt8], _ body: (CSVRecord) throws -> Void) throws {
        try parse(rest.isEmpty ? piece : rest + piece, isLast: false, body)
    }

    /// The file has ended: what there is left is the last record.
    public mutating func finish(_ body: (CSVRecord) throws -> Void) throws {
        try parse(rest, isLast: true, body)
    }

    /// How a field ended.
    private enum Stop {
        case delimiter, lineEnd, end
        /// Whether it ends here only the next piece can tell.
        case unknown
    }

    private mutating func parse(
        _ buffer: [UInt8], isLast: Bool, _ body: (CSVRecord) throws -> Void
    ) throws {
        record.buffer = buffer
        rest = []
        var position = 0
        if awaitsLineFeed, let first = buffer.first {
            if first == CSVReader.lineFeed { position = 1 }
            awaitsLineFeed = false
        }
        while position < buffer.count {
            let start = position
            var lines = 0
            record.fields.removeAll(keepingCapacity: true)
            guard let stop = try readRecord(buffer, &position, &lines, isLast: isLast) else {
                guard buffer.count - start <= limit else { throw CSVProblem.recordTooLong(line: line, limit: limit) }
                rest = Array(buffer[start...])
                break
            }
            guard position - start <= limit else { throw CSVProblem.recordTooLong(line: line, limit: limit) }
            record.line = line
            record.isTerminated = stop == .lineEnd
            line += lines
            try body(record)
        }
        record.buffer = []
    }

    /// Fields until the end of a record; nil where that has not come yet.
    private mutating func readRecord(
        _ buffer: [UInt8], _ position: inout Int, _ lines: inout Int, isLast: Bool
    ) throws -> Stop? {
        if takeLineEnd(buffer, &position, isLast: isLast) {
            lines += 1
            return .lineEnd
        }
        while true {
            let stop =
                position < buffer.count && buffer[position] == dialect.quote
                ? try readQuoted(buffer, &position, &lines, isLast: isLast)
                : readPlain(buffer, &position, isLast: isLast)
            switch stop {
            case .delimiter: position += 1
            case .lineEnd:
                _ = takeLineEnd(buffer, &position, isLast: isLast)
                lines += 1
                return .lineEnd
            case .end: return .end
            case .unknown: return nil
            }
        }
    }

    private mutating func readPlain(_ buffer: [UInt8], _ position: inout Int, isLast: Bool) -> Stop {
        let start = position
        let delimiter = dialect.delimiter
        var end = start
        let bytes = buffer.span
        var byte: UInt8 = 0
        while end < bytes.count {
            byte = bytes[end]
            if byte == delimiter || byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn { break }
            end += 1
        }
        guard end < bytes.count || isLast else { return .unknown }
        record.fields.append(CSVRecord.Field(range: start..<end))
        position = end
        guard end < bytes.count else { return .end }
        return byte == delimiter ? .delimiter : .lineEnd
    }

    private mutating func readQuoted(
        _ buffer: [UInt8], _ position: inout Int, _ lines: inout Int, isLast: Bool
    ) throws -> Stop {
        let start = position + 1
        let opened = line + lines
        let bytes = buffer.span
        var field = CSVRecord.Field(range: start..<start, isQuoted: true)
        var end = start
        while true {
            guard end < bytes.count else {
                if isLast { throw CSVProblem.openQuote(line: opened) }
                return .unknown
            }
            let byte = bytes[end]
            if byte == CSVReader.lineFeed {
                lines += 1
            } else if byte == CSVReader.carriageReturn {
                if end + 1 >= bytes.count || bytes[end + 1] != CSVReader.lineFeed { lines += 1 }
            } else if byte == dialect.quote {
                guard end + 1 < bytes.count else {
                    guard isLast else { return .unknown }
                    break
                }
                guard bytes[end + 1] == dialect.quote else { break }
                field.hasEscapes = true
                end += 1
            }
            end += 1
        }
        field.range = start..<end
        record.fields.append(field)
        position = end + 1
        guard position < bytes.count else { return .end }
        switch bytes[position] {
        case dialect.delimiter: return .delimiter
        case CSVReader.lineFeed, CSVReader.carriageReturn: return .lineEnd
        default: throw CSVProblem.textAfterQuote(line: line + lines)
        }
    }

    /// LF, CR or CRLF.
    private mutating func takeLineEnd(_ buffer: [UInt8], _ position: inout Int, isLast: Bool) -> Bool {
        guard position < buffer.count else { return false }
        switch buffer[position] {
        case CSVReader.lineFeed: position += 1
        case CSVReader.carriageReturn:
            position += 1
            if position < buffer.count {
                if buffer[position] == CSVReader.lineFeed { position += 1 }
            } else {
                awaitsLineFeed = !isLast
            }
        default: return false
        }
        return true
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
