import Storage

/// Tells rows apart by their texts, as COPY writes them, without reading their values: what it calls the same is the
/// same for certain, and of the rest it says nothing.
struct RowTexts: Sendable {
    enum Kind: Sendable {
        case whole, date
        /// numeric, and the floating types.
        case decimal
        case text
    }

    /// Which of two keys comes first.
    enum Order: Sendable {
        case before, same, after
        /// A date that is no day of four digits' years.
        case unknown
    }

    let kinds: [Kind]
    /// Columns of the key, in the order in which the rows come.
    let keys: [Int]

    /// Nil: columns whose texts say nothing, or a key whose order only the server knows.
    init?(_ columns: [StagedColumn], keys: [Int]) {
        var kinds: [Kind] = []
        for column in columns {
            guard column.lookup == nil else { return nil }
            switch column.fed.target.type {
            case .smallint, .integer, .bigint: kinds.append(.whole)
            case .date: kinds.append(.date)
            case .numeric, .real, .double: kinds.append(.decimal)
            case .boolean, .timestamp, .timestamptz, .text: kinds.append(.text)
            // What a type of another's making writes may be less than the value.
            case .moments, .other: return nil
            }
        }
        guard !keys.isEmpty, keys.allSatisfy({ kinds[$0] == .whole || kinds[$0] == .date }) else { return nil }
        self.kinds = kinds
        self.keys = keys
    }

    /// - Returns: False where there are more or fewer fields than columns.
    func split(_ bytes: Span<UInt8>, _ range: Range<Int>, into fields: inout [Range<Int>]) -> Bool {
        fields.removeAll(keepingCapacity: true)
        var start = range.lowerBound
        for position in range where bytes[position] == UInt8(ascii: "\t") || bytes[position] == UInt8(ascii: "\n") {
            fields.append(start..<position)
            start = position + 1
        }
        return fields.count == kinds.count
    }

    /// Where the key of the first row stands beside that of the second.
    func order(
        _ first: Span<UInt8>, _ fields: [Range<Int>], _ second: Span<UInt8>, _ others: [Range<Int>]
    ) -> Order {
        for key in keys {
            let order =
                kinds[key] == .whole
                ? Self.wholes(first, fields[key], second, others[key])
                : Self.dates(first, fields[key], second, others[key])
            if order != .same { return order }
        }
        return .same
    }

    /// All fields are the same for certain.
    func areSame(_ first: Span<UInt8>, _ fields: [Range<Int>], _ second: Span<UInt8>, _ others: [Range<Int>]) -> Bool {
        for column in kinds.indices {
            if Self.areSame(first, fields[column], second, others[column]) { continue }
            guard kinds[column] == .decimal,
                Self.areSameDecimals(first, fields[column], second, others[column])
            else { return false }
        }
        return true
    }

    @inline(__always)
    static func areSame(_ first: Span<UInt8>, _ range: Range<Int>, _ second: Span<UInt8>, _ other: Range<Int>) -> Bool {
        guard range.count == other.count else { return false }
        var (one, two) = (range.lowerBound, other.lowerBound)
        while one &+ 8 <= range.upperBound {
            guard first.word(at: one) == second.word(at: two) else { return false }
            one &+= 8
            two &+= 8
        }
        while one < range.upperBound {
            guard first[one] == second[two] else { return false }
            one &+= 1
            two &+= 1
        }
        return true
    }

    /// Canonical numbers: the longer one is the larger.
    private static func wholes(
        _ first: Span<UInt8>, _ range: Range<Int>, _ second: Span<UInt8>, _ other: Range<Int>
    ) -> Order {
        guard let one = digits(first, range), let two = digits(second, other) else { return .unknown }
        guard one.isNegative == two.isNegative else { return one.isNegative ? .before : .after }
        var order = compare(first, one.range, second, two.range)
        if one.range.count != two.range.count { order = one.range.count < two.range.count ? .before : .after }
        guard one.isNegative else { return order }
        return order == .before ? .after : order == .after ? .before : .same
    }

    private static func digits(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (isNegative: Bool, range: Range<Int>)? {
        guard !range.isEmpty else { return nil }
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        let rest = isNegative ? range.dropFirst() : range
        // \N is no number, and a key is none either.
        guard let first = rest.first, isDigit(bytes[first]) else { return nil }
        return (isNegative, rest)
    }

    /// Days of the years 0001 to 9999, as ISO writes them.
    private static func dates(
        _ first: Span<UInt8>, _ range: Range<Int>, _ second: Span<UInt8>, _ other: Range<Int>
    ) -> Order {
        guard range.count == 10, other.count == 10, isDigit(first[range.lowerBound]), isDigit(second[other.lowerBound])
        else { return .unknown }
        return compare(first, range, second, other)
    }

    private static func compare(
        _ first: Span<UInt8>, _ range: Range<Int>, _ second: Span<UInt8>, _ other: Range<Int>
    ) -> Order {
        for (one, two) in zip(range, other) where first[one] != second[two] {
            return first[one] < second[two] ? .before : .after
        }
        return .same
    }

    /// 10.5 and 10.50 are one number, of whatever type; what has an exponent is left to the server.
    private static func areSameDecimals(
        _ first: Span<UInt8>, _ range: Range<Int>, _ second: Span<UInt8>, _ other: Range<Int>
    ) -> Bool {
        guard let one = significant(first, range), let two = significant(second, other) else { return false }
        return areSame(first, one, second, two)
    }

    /// Without the zeros behind the point; nil where it is no plain number.
    private static func significant(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        var point: Int?
        for position in range {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): continue
            case UInt8(ascii: "-") where position == range.lowerBound: continue
            case UInt8(ascii: ".") where point == nil: point = position
            default: return nil
            }
        }
        guard let point else { return range }
        var end = range.upperBound
        while end > point + 1, bytes[end - 1] == UInt8(ascii: "0") { end -= 1 }
        return range.lowerBound..<(end == point + 1 ? point : end)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
