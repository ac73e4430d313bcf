import Operations

/// Checks a record of a feed and writes it as a row of COPY text (R3). Memory aside, all there is to say about a record
/// is decided here.
struct RowCheck: Sendable {
    private let fed: [FedColumn]
    private let columns: [ColumnCheck]
    private let moments: MomentCheck
    private let surplus: SurplusDecimals
    private let nulls: NullTexts
    private var prefix = RowPrefix()
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
        nulls = NullTexts(definition.nulls)
        // In the order of the target's columns, as everywhere after this.
        let key = columns.filter(\.isKey).map(\.target.name)
        self.columns = columns.map { ColumnCheck($0, key: key) }
        watch = KeyWatch(
            columns: key.count,
            isKnown: self.columns.filter { $0.keyIndex >= 0 }.allSatisfy(\.textTellsValue))
        overhead = 64 + columns.count * (48 + rules.zoneName.utf8.count)
    }

    /// How the keys so far follow one another.
    var keyOrders: Set<KeyOrder> { watch.orders }

    /// Nobody can say any more without asking the server that no key comes twice.
    var keysMayRepeat: Bool { watch.isDecided && watch.orders.isEmpty }

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
        prefix.set(file: file, line: record.line)
        prefix.append(to: &text)
        var day: CivilDate?
        let bytes = record.buffer.span
        for index in columns.indices {
            if index > 0 { text.append(UInt8(ascii: "\t")) }
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
        watch.take()
        return nil
    }

    @inline(__always)
    private mutating func write(
        _ index: Int, _ bytes: Span<UInt8>, _ whole: Range<Int>, _ kind: FeedRecord.Kind,
        _ text: inout OutputSpan<UInt8>, _ newest: inout CivilDate?
    ) -> ValueProblem? {
        let range = columns[index].isTrimmed ? Self.trimmed(bytes, whole) : whole
        switch kind {
        case .plain where nulls.contain(bytes, range), .null:
            guard columns[index].takesNull else { return .null }
            text.appendNull()
            return nil
        case .absent: return .absent
        case .nested where !columns[index].takesNested: return .nested
        case .plain, .quoted, .nested: break
        }
        let start = text.count
        let role = columns[index].role
        var number: Int64?
        let problem: ValueProblem?
        let columnKind = columns[index].kind
        if range.isEmpty, columnKind != .text, columnKind != .verbatim, columnKind != .moments { return .empty }
        switch columnKind {
        case .whole:
            var value: Int64 = 0
            problem =
                NumberCheck.whole(bytes, range, columns[index].limits, &text, &value)
                ?? (value <= 0 ? Self.sign(value, role) : nil)
            number = value
        case .double, .real:
            problem = NumberCheck.float(bytes, range, isDouble: columnKind == .double, role, &text)
        case .numeric:
            problem = NumberCheck.numeric(
                bytes, range, precision: columns[index].precision, scale: columns[index].scale, surplus, role, &text)
        case .date, .timestamp, .timestamptz:
            var day: CivilDate?
            if columnKind == .date {
                problem = moments.date(bytes, range, role, &text, &day)
            } else {
                problem = moments.timestamp(bytes, range, withZone: columnKind == .timestamptz, role, &text, &day)
            }
            number = Int64(day?.number ?? 0)
            if role == .date { newest = day }
        case .boolean: problem = Self.boolean(bytes, range, &text)
        case .moments:
            problem = MomentCheck.hasWord(bytes, range) ? .dateWord : nil
            text.appendEscaped(bytes, range)
        case .text, .verbatim, .lookup:
            let maximum = columns[index].maximum
            if range.count > maximum, Self.characters(bytes, range) > maximum { return .tooLong }
            text.appendEscaped(bytes, range)
            problem = nil
        }
        let place = columns[index].keyIndex
        if place >= 0, problem == nil, !watch.isDecided {
            if let number {
                watch.note(number, at: place)
            } else {
                watch.note((start..<text.count).map { text[$0] }, at: place)
            }
        }
        return problem
    }

    @inline(__always)
    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return range }
        // Nearly no value has spaces around it.
        let isTight = bytes[range.lowerBound] > UInt8(ascii: " ") && bytes[range.upperBound &- 1] > UInt8(ascii: " ")
        return isTight ? range : looselyTrimmed(bytes, range)
    }

    private static func looselyTrimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
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
