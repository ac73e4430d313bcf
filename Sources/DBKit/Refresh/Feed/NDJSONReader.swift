/// Reads objects of JSON, one a line, out of bytes that come in pieces. Memory is bounded by the longest line.
struct NDJSONReader: Sendable {
    /// A member that nothing is known about.
    struct UnknownMember: Error, Sendable, Hashable {
        var name: String
        var line: Int
    }

    /// Names of the members that are fields, in the order of the fields.
    private let members: [[UInt8]]
    /// Columns of the target that the first record did not have.
    private let late: Set<[UInt8]>
    private let ignoresOthers: Bool
    private let limit: Int
    /// Which field the nth member of a record was the last time: most records have one order.
    private var guesses: [Int] = []
    private var rest: [UInt8] = []
    private var line = 1
    private var record = FeedRecord()

    /// - Parameters:
    ///   - late: Members that are known and would be columns, but are not among the feed's.
    ///   - ignoresOthers: Only `members` count, whatever else there is.
    init(members: [String], late: [String] = [], ignoresOthers: Bool = false, longestRecord: Int = 1 << 20) {
        self.members = members.map { Array($0.utf8) }
        self.late = Set(late.map { Array($0.utf8) })
        self.ignoresOthers = ignoresOthers
        limit = longestRecord
    }

    /// Takes the next piece, and hands each record that is complete to `body`; one that is no object has a problem.
    ///
    /// - Throws: ``CSVProblem/recordTooLong(line:limit:)``, ``UnknownMember``; what `body` throws.
    mutating func read(_ piece: [UInt8], _ body: (borrowing FeedRecord) throws -> Void) throws {
        try parse(rest.isEmpty ? piece : rest + piece, isLast: false, body)
    }

    /// The file has ended: what there is left is the last record.
    mutating func finish(_ body: (borrowing FeedRecord) throws -> Void) throws {
        try parse(rest, isLast: true, body)
    }

    private mutating func parse(
        _ buffer: [UInt8], isLast: Bool, _ body: (borrowing FeedRecord) throws -> Void
    ) throws {
        rest = []
        let bytes = buffer.span
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end &+= 1 }
            guard end - start <= limit else { throw CSVProblem.recordTooLong(line: line, limit: limit) }
            guard end < bytes.count || isLast else {
                rest = Array(buffer[start...])
                break
            }
            if try readLine(buffer, start..<end, isTerminated: end < bytes.count) { try body(record) }
            record.buffer = []
            start = end + 1
            line += 1
        }
    }

    /// - Returns: False for a line on which nothing stands.
    private mutating func readLine(_ buffer: [UInt8], _ range: Range<Int>, isTerminated: Bool) throws -> Bool {
        let bytes = buffer.span
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        guard end > range.lowerBound else { return false }
        record.buffer = buffer
        record.line = line
        record.isTerminated = isTerminated
        record.start = range.lowerBound
        record.end = end
        record.problem = nil
        record.fields.removeAll(keepingCapacity: true)
        for _ in members { record.fields.append(FeedRecord.Field(start: end, end: end, kind: .absent)) }
        var scanner = JSONScanner(range.lowerBound..<end)
        var ordinal = 0
        var unknown: String?
        do throws(JSONScanner.Problem) {
            try scanner.object(bytes) { name, value throws(JSONScanner.Problem) in
                defer { ordinal += 1 }
                guard let field = field(bytes, name, ordinal) else {
                    let text =
                        name.writing == .escaped ? JSONText.unescaped(buffer[name.range]) : Array(buffer[name.range])
                    let shown = String(decoding: text, as: UTF8.self)
                    if late.contains(text) {
                        throw JSONScanner.Problem(
                            "has \(Sample.quoted(shown)), which the first record does not have: name it with --columns")
                    }
                    if !ignoresOthers, unknown == nil { unknown = shown }
                    return
                }
                guard record.fields[field].kind == .absent else {
                    throw JSONScanner.Problem(
                        "has \(Sample.quoted(String(decoding: members[field], as: UTF8.self))) twice")
                }
                record.fields[field] = value
            }
        } catch {
            record.fields.removeAll(keepingCapacity: true)
            record.problem = "the line \(error.words)"
            return true
        }
        if let unknown { throw UnknownMember(name: unknown, line: line) }
        return true
    }

    /// The field that a name stands for.
    private mutating func field(_ bytes: Span<UInt8>, _ name: FeedRecord.Field, _ ordinal: Int) -> Int? {
        guard name.writing == .asItIs else {
            let text = JSONText.unescaped(name.range.map { bytes[$0] }[...])
            return members.firstIndex(of: text)
        }
        if ordinal < guesses.count, Self.equals(bytes, name.range, members[guesses[ordinal]]) {
            return guesses[ordinal]
        }
        guard let found = members.firstIndex(where: { Self.equals(bytes, name.range, $0) }) else { return nil }
        if ordinal < guesses.count { guesses[ordinal] = found }
        if ordinal == guesses.count { guesses.append(found) }
        return found
    }

    private static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for index in name.indices where bytes[range.lowerBound &+ index] != name[index] { return false }
        return true
    }

    /// The names of the members of the first record that can be read.
    ///
    /// - Parameter isLast: There is no more than `text`.
    static func names(of text: [UInt8], isLast: Bool) -> [String]? {
        let bytes = text.span
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < bytes.count || isLast else { return nil }
            var names: [String] = []
            var scanner = JSONScanner(start..<end)
            do throws(JSONScanner.Problem) {
                try scanner.object(bytes) { name, _ in
                    let value = JSONText.unescaped(text[name.range])
                    let shown = String(decoding: value, as: UTF8.self)
                    if !names.contains(shown) { names.append(shown) }
                }
                return names
            } catch {
                start = end + 1
            }
        }
        return nil
    }
}
