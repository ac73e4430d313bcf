import Storage

/// Reads separated values out of bytes that come in pieces, and knows on which line each record begins.
///
/// By RFC 4180, as Python's `csv` reads it with `strict=True`: a record ends at LF, CR or CRLF outside of quotes; a
/// field that begins with a quote ends at the next single one; a quote within an unquoted field is a character like any
/// other. Memory is bounded by the longest record.
struct CSVReader: Sendable {
    private let delimiter: UInt8
    private let quote: UInt8
    private let hasQuotes: Bool
    /// Where a field without quotes ends.
    private let ends: ByteSearch
    private let limit: Int
    /// The beginning of a record whose end has not come yet.
    private var rest: [UInt8] = []
    private var line = 1
    /// A CR ended the last record and the piece: an LF that comes next belongs to it.
    private var awaitsLineFeed = false
    private var record = FeedRecord()

    /// - Parameter longestRecord: In bytes. A longer one is a ``CSVProblem``: a quote that nobody closed, or no CSV.
    init(_ dialect: CSVDialect = CSVDialect(), longestRecord: Int = 1 << 20) {
        delimiter = dialect.delimiter
        quote = dialect.quote ?? 0
        hasQuotes = dialect.quote != nil
        ends = ByteSearch(delimiter, Self.lineFeed, Self.carriageReturn)
        limit = longestRecord
        record.quote = quote
    }

    /// Takes the next piece, and hands each record that is complete to `body`.
    ///
    /// - Throws: ``CSVProblem``; what `body` throws.
    mutating func read(_ piece: [UInt8], _ body: (borrowing FeedRecord) throws -> Void) throws {
        try parse(rest.isEmpty ? piece : rest + piece, isLast: false, body)
    }

    /// The file has ended: what there is left is the last record.
    mutating func finish(_ body: (borrowing FeedRecord) throws -> Void) throws {
        try parse(rest, isLast: true, body)
    }

    /// The first record that is no empty line.
    ///
    /// - Parameter isLast: There is no more than `text`.
    /// - Returns: Nil where it has not ended.
    static func first(of text: [UInt8], _ dialect: CSVDialect, isLast: Bool) throws -> FeedRecord? {
        var reader = CSVReader(dialect)
        var record = reader.record
        record.buffer = text
        let bytes = text.span
        var position = 0
        while position < bytes.count {
            let start = position
            var lines = 0
            record.fields.removeAll()
            let stop = try reader.readRecord(bytes, &position, &lines, &record, isLast: isLast)
            let length = (stop == .unknown ? bytes.count : position) - start
            guard length <= reader.limit else {
                throw CSVProblem.recordTooLong(line: reader.line, limit: reader.limit)
            }
            if stop == .unknown { return nil }
            record.start = start
            record.line = reader.line
            record.isTerminated = stop == .lineEnd
            reader.line += lines
            if !record.isBlank { return record }
        }
        return nil
    }

    /// How a field ended.
    private enum Stop {
        case delimiter, lineEnd, end
        /// Whether it ends here only the next piece can tell.
        case unknown
    }

    private mutating func parse(
        _ buffer: [UInt8], isLast: Bool, _ body: (borrowing FeedRecord) throws -> Void
    ) throws {
        rest = []
        var record = self.record
        self.record.fields = []
        record.buffer = buffer
        defer {
            record.buffer = []
            self.record = record
        }
        let bytes = buffer.span
        var position = 0
        if awaitsLineFeed, let first = buffer.first {
            if first == Self.lineFeed { position = 1 }
            awaitsLineFeed = false
        }
        while position < bytes.count {
            let start = position
            var lines = 0
            record.fields.removeAll(keepingCapacity: true)
            let stop = try readRecord(bytes, &position, &lines, &record, isLast: isLast)
            guard stop != .unknown else {
                guard bytes.count - start <= limit else { throw CSVProblem.recordTooLong(line: line, limit: limit) }
                rest = Array(buffer[start...])
                break
            }
            guard position - start <= limit else { throw CSVProblem.recordTooLong(line: line, limit: limit) }
            record.line = line
            record.start = start
            record.isTerminated = stop == .lineEnd
            line += lines
            try body(record)
        }
    }

    /// Fields until the end of a record; `.unknown` where that has not come yet.
    @inline(__always)
    private mutating func readRecord(
        _ bytes: Span<UInt8>, _ position: inout Int, _ lines: inout Int, _ record: inout FeedRecord, isLast: Bool
    ) throws -> Stop {
        record.end = position
        if takeLineEnd(bytes, &position, isLast: isLast) {
            lines += 1
            return .lineEnd
        }
        while true {
            let start = position
            if start < bytes.count, bytes[start] == quote, hasQuotes {
                switch try readQuoted(bytes, &position, &lines, &record, isLast: isLast) {
                case .delimiter:
                    position &+= 1
                    continue
                case .lineEnd: break
                case .end:
                    record.end = position
                    return .end
                case .unknown: return .unknown
                }
            } else {
                position = ends.next(in: bytes, from: start)
                guard position < bytes.count else {
                    guard isLast else { return .unknown }
                    record.fields.append(FeedRecord.Field(start: start, end: position))
                    record.end = position
                    return .end
                }
                record.fields.append(FeedRecord.Field(start: start, end: position))
                if bytes[position] == delimiter {
                    position &+= 1
                    continue
                }
            }
            record.end = position
            _ = takeLineEnd(bytes, &position, isLast: isLast)
            lines += 1
            return .lineEnd
        }
    }

    private func readQuoted(
        _ bytes: Span<UInt8>, _ position: inout Int, _ lines: inout Int, _ record: inout FeedRecord, isLast: Bool
    ) throws -> Stop {
        let start = position + 1
        let opened = line + lines
        var field = FeedRecord.Field(start: start, end: start, kind: .quoted)
        var end = start
        while true {
            guard end < bytes.count else {
                if isLast { throw CSVProblem.openQuote(line: opened) }
                return .unknown
            }
            let byte = bytes[end]
            if byte == Self.lineFeed {
                lines += 1
            } else if byte == Self.carriageReturn {
                if end + 1 >= bytes.count || bytes[end + 1] != Self.lineFeed { lines += 1 }
            } else if byte == quote {
                guard end + 1 < bytes.count else {
                    guard isLast else { return .unknown }
                    break
                }
                guard bytes[end + 1] == quote else { break }
                field.writing = .doubledQuotes
                end += 1
            }
            end += 1
        }
        field.end = end
        record.fields.append(field)
        position = end + 1
        guard position < bytes.count else { return .end }
        switch bytes[position] {
        case delimiter: return .delimiter
        case Self.lineFeed, Self.carriageReturn: return .lineEnd
        default: throw CSVProblem.textAfterQuote(line: line + lines)
        }
    }

    /// LF, CR or CRLF.
    @inline(__always)
    private mutating func takeLineEnd(_ bytes: Span<UInt8>, _ position: inout Int, isLast: Bool) -> Bool {
        guard position < bytes.count else { return false }
        switch bytes[position] {
        case Self.lineFeed: position += 1
        case Self.carriageReturn:
            position += 1
            if position < bytes.count {
                if bytes[position] == Self.lineFeed { position += 1 }
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
