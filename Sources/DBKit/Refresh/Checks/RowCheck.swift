import Operations

/// Checks a record of a feed and writes it as a row of COPY text (R3). Memory aside, all there is to say about a record
/// is decided here.
struct RowCheck: Sendable {
    /// How the text of a column is read.
    private enum Rule: Sendable {
        case whole(ClosedRange<Int64>)
        case numeric(precision: Int?, scale: Int?)
        case float(isDouble: Bool)
        case boolean
        case date
        case timestamp(withZone: Bool)
        case text(maximum: Int?)
        /// A text that names a row of another table.
        case lookup
        /// The server alone reads it.
        case verbatim
    }

    private struct Column: Sendable {
        var rule: Rule
        var role: FedColumn.Role
        var takesNull: Bool
        var takesNested = false
        /// Spaces around a value are no part of it.
        var isTrimmed = true
        /// Its place in the key.
        var keyIndex: Int?
    }

    private let fed: [FedColumn]
    private let columns: [Column]
    private let moments: MomentCheck
    private let surplus: SurplusDecimals
    private let emptyIsNull: Bool
    private let nulls: [[UInt8]]
    private let hasNulls: Bool
    private var key: [KeyWatch.Part]
    private var watch: KeyWatch
    private(set) var newest: CivilDate?
    /// A row's room beyond twice its text: file, line, time zones.
    private let overhead: Int

    /// The field of each column in the file that is being read.
    var fields: [Int] = []
    /// How many fields a record of that file has.
    var width = 0

    init(_ columns: [FedColumn], _ definition: FeedDefinition, _ rules: MomentRules) {
        fed = columns
        moments = MomentCheck(rules: rules, surplus: definition.surplusDecimals)
        surplus = definition.surplusDecimals
        emptyIsNull = definition.nulls.contains("")
        nulls = definition.nulls.filter { !$0.isEmpty }.map { Array($0.utf8) }
        hasNulls = !nulls.isEmpty
        self.columns = columns.map { Self.column($0, definition.key) }
        key = Array(repeating: KeyWatch.Part(), count: definition.key.count)
        watch = KeyWatch(
            columns: definition.key.count, isKnown: columns.filter(\.isKey).allSatisfy(Self.textTellsValue))
        overhead = 64 + columns.count * (48 + rules.zoneName.utf8.count)
    }

    /// Whether two texts that differ are two values that differ, as they are written here.
    private static func textTellsValue(_ column: FedColumn) -> Bool {
        if column.source.lookup != nil { return true }
        return switch column.target.type {
        case .smallint, .integer, .bigint, .date, .boolean, .text: true
        case .numeric, .real, .double, .timestamp, .timestamptz, .other: false
        }
    }

    private static func column(_ fed: FedColumn, _ key: [String]) -> Column {
        var column = Column(
            rule: .verbatim, role: fed.role, takesNull: fed.target.isNullable && !fed.isKey,
            keyIndex: key.firstIndex(of: fed.target.name))
        guard fed.source.lookup == nil else {
            column.rule = .lookup
            return column
        }
        switch fed.target.type {
        case .smallint: column.rule = .whole(Int64(Int16.min)...Int64(Int16.max))
        case .integer: column.rule = .whole(Int64(Int32.min)...Int64(Int32.max))
        case .bigint: column.rule = .whole(Int64.min...Int64.max)
        case .numeric(let precision, let scale): column.rule = .numeric(precision: precision, scale: scale)
        case .real: column.rule = .float(isDouble: false)
        case .double: column.rule = .float(isDouble: true)
        case .boolean: column.rule = .boolean
        case .date: column.rule = .date
        case .timestamp: column.rule = .timestamp(withZone: false)
        case .timestamptz: column.rule = .timestamp(withZone: true)
        case .text(let maximum):
            column.rule = .text(maximum: maximum)
            column.isTrimmed = false
            column.takesNested = maximum == nil
        case .other:
            column.isTrimmed = false
            column.takesNested = true
        }
        return column
    }

    /// No two rows had the same key, for certain; to be asked once, at the end.
    mutating func keysAreDistinct() -> Bool { watch.areDistinct() }

    /// Appends the record as a row.
    ///
    /// - Returns: Why it is not taken; then nothing was appended.
    mutating func write(_ record: borrowing FeedRecord, file: Int, to rows: inout [UInt8]) -> String? {
        if let problem = record.problem { return problem }
        guard record.count == width else { return wrongWidth(record) }
        if width == 1, Self.isEndOfData(record) { return Self.endOfData }
        var refused: (problem: ValueProblem, index: Int)?
        rows.append(addingCapacity: 2 * (record.end - record.start) + overhead) { text in
            refused = write(record, file, &text)
            if refused != nil { text.removeAll() }
        }
        return refused.map { sentence($0.problem, $0.index, record) }
    }

    @inline(__always)
    private mutating func write(
        _ record: borrowing FeedRecord, _ file: Int, _ text: inout OutputSpan<UInt8>
    ) -> (ValueProblem, Int)? {
        text.append(number: Int64(file))
        text.append(UInt8(ascii: "\t"))
        text.append(number: Int64(record.line))
        var day: CivilDate?
        let bytes = record.buffer.span
        for index in columns.indices {
            text.append(UInt8(ascii: "\t"))
            let field = record.fields[fields[index]]
            let problem: ValueProblem?
            if field.writing == .asItIs {
                problem = write(index, bytes, field.range, field.kind, &text, &day)
            } else {
                let value = record[fields[index]]
                problem = write(index, value.span, value.indices, field.kind, &text, &day)
            }
            if let problem { return (problem, index) }
        }
        text.append(UInt8(ascii: "\n"))
        if let day, newest.map({ day > $0 }) ?? true { newest = day }
        if !watch.isDecided { watch.add(key) }
        return nil
    }

    @inline(__always)
    private mutating func write(
        _ index: Int, _ bytes: Span<UInt8>, _ whole: Range<Int>, _ kind: FeedRecord.Kind,
        _ text: inout OutputSpan<UInt8>,
        _ newest: inout CivilDate?
    ) -> ValueProblem? {
        let column = columns[index]
        let range = column.isTrimmed ? Self.trimmed(bytes, whole) : whole
        switch kind {
        case .plain where isNull(bytes, range), .null:
            guard column.takesNull else { return .null }
            text.appendNull()
            return nil
        case .absent: return .absent
        case .nested where !column.takesNested: return .nested
        case .plain, .quoted, .nested: break
        }
        let start = text.count
        var number: Int64 = 0
        let problem: ValueProblem?
        switch column.rule {
        case .text(let maximum):
            if let maximum, range.count > maximum, Self.characters(bytes, range) > maximum { return .tooLong }
            text.appendEscaped(bytes, range)
            problem = nil
        case .verbatim:
            text.appendEscaped(bytes, range)
            problem = nil
        case _ where range.isEmpty: return .empty
        case .lookup:
            text.appendEscaped(bytes, range)
            problem = nil
        case .whole(let limits):
            problem =
                NumberCheck.whole(bytes, range, limits, &text, &number)
                ?? (number <= 0 ? Self.sign(number, column.role) : nil)
        case .float(let isDouble):
            problem = NumberCheck.float(bytes, range, isDouble: isDouble, column.role, &text)
        case .numeric(let precision, let scale):
            problem = NumberCheck.numeric(
                bytes, range, precision: precision, scale: scale, surplus, column.role, &text)
        case .date, .timestamp:
            var day: CivilDate?
            if case .timestamp(let withZone) = column.rule {
                problem = moments.timestamp(bytes, range, withZone: withZone, column.role, &text, &day)
            } else {
                problem = moments.date(bytes, range, column.role, &text, &day)
            }
            number = Int64(day?.number ?? 0)
            if column.role == .date { newest = day }
        case .boolean: problem = Self.boolean(bytes, range, &text)
        }
        if let place = column.keyIndex, problem == nil, !watch.isDecided {
            key[place].number = number
            switch column.rule {
            case .whole, .date: break
            default: key[place].text = (start..<text.count).map { text[$0] }
            }
        }
        return problem
    }

    @inline(__always)
    private func isNull(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if range.isEmpty { return emptyIsNull }
        return hasNulls && isNamedNull(bytes, range)
    }

    private func isNamedNull(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for null in nulls where null.count == range.count {
            if null.indices.allSatisfy({ bytes[range.lowerBound + $0] == null[$0] }) { return true }
        }
        return false
    }

    @inline(__always)
    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "\t") { start &+= 1 }
        while start < end, bytes[end &- 1] == UInt8(ascii: " ") || bytes[end &- 1] == UInt8(ascii: "\t") { end &-= 1 }
        return start..<end
    }

    private static func sign(_ number: Int64, _ role: FedColumn.Role) -> ValueProblem? {
        switch role {
        case .price: .notPositive
        case .volume: number < 0 ? .negative : nil
        case .date, .plain: nil
        }
    }

    private static func boolean(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: inout OutputSpan<UInt8>)
        -> ValueProblem?
    {
        guard range.count <= 5 else { return .notBoolean }
        switch String(decoding: range.map { bytes[$0] }, as: UTF8.self).lowercased() {
        case "t", "true", "y", "yes", "1", "on": text.append(UInt8(ascii: "t"))
        case "f", "false", "n", "no", "0", "off": text.append(UInt8(ascii: "f"))
        default: return .notBoolean
        }
        return nil
    }

    /// Of valid UTF-8.
    private static func characters(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        range.reduce(0) { count, position in count + (bytes[position] & 0xC0 == 0x80 ? 0 : 1) }
    }

    private func sentence(_ problem: ValueProblem, _ index: Int, _ record: borrowing FeedRecord) -> String {
        let words = problem.words(fed[index].target, moments.rules)
        let name = fed[index].target.name
        switch problem {
        case .null, .absent: return "\(name) \(words)"
        default: return "\(name): \(Sample.quoted(record.text(fields[index]))) \(words)"
        }
    }

    private static let endOfData = "a line \\. is the end of data to COPY, and no record"

    private static func isEndOfData(_ record: borrowing FeedRecord) -> Bool {
        record.count == 1 && !record.isQuoted(0) && record.text(0) == "\\."
    }

    private func wrongWidth(_ record: borrowing FeedRecord) -> String {
        if Self.isEndOfData(record) { return Self.endOfData }
        if !record.isTerminated, record.count < width {
            return "the last line is cut off: it has \(record.count) of \(width) columns, and no line end"
        }
        return "it has \(record.count) columns, and the header has \(width)"
    }
}
