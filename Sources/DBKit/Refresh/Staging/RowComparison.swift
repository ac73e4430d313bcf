import Storage

/// Compares a row of the feed, as COPY text, with one of the target, as binary COPY: what it calls the same is the same
/// for certain, and of the rest it says nothing. (To write numbers as text would cost the server more than all the rest.)
struct RowComparison: Sendable {
    /// Where the feed's row stands.
    enum Place: Sendable {
        /// In front of the target's: the target has no such key.
        case before
        /// Behind it.
        case after
        case sameKey
        case same
    }

    private enum Kind: Sendable {
        case whole, date, boolean, double, real
        /// As text: 10.5 and 10.50 are one number.
        case decimal
        /// As text, letter by letter.
        case text
    }

    private let kinds: [Kind]
    /// How much a column counts for the order of the rows: 0 most, and what is not of the key nothing.
    private let ranks: [Int]

    /// - Parameter keys: Columns of the key, in the order in which the rows come.
    /// - Returns: Nil for columns whose values cannot be told from their texts, or a key whose order only the server knows.
    init?(_ columns: [StagedColumn], keys: [Int]) {
        var kinds: [Kind] = []
        for column in columns {
            guard column.lookup == nil else { return nil }
            switch column.fed.target.type {
            case .smallint, .integer, .bigint: kinds.append(.whole)
            case .date: kinds.append(.date)
            case .boolean: kinds.append(.boolean)
            case .double: kinds.append(.double)
            case .real: kinds.append(.real)
            case .numeric: kinds.append(.decimal)
            case .timestamp, .timestamptz, .text: kinds.append(.text)
            // What a type of another's making writes may be less than the value.
            case .moments, .other: return nil
            }
        }
        guard !keys.isEmpty, keys.allSatisfy({ kinds[$0] == .whole || kinds[$0] == .date }) else { return nil }
        self.kinds = kinds
        ranks = kinds.indices.map { keys.firstIndex(of: $0) ?? .max }
    }

    /// The target's column is wanted as text.
    func isText(_ column: Int) -> Bool { kinds[column] == .decimal || kinds[column] == .text }

    /// - Parameters:
    ///   - values: Of `fed`: a row without file and line, with its line end.
    ///   - row: A row of binary COPY.
    func place(_ fed: Span<UInt8>, _ values: Range<Int>, beside row: Span<UInt8>) -> Place {
        var isSame = true
        var key: (rank: Int, order: Int8) = (.max, 0)
        var start = values.lowerBound
        // Behind the number of columns.
        var position = 2
        for column in kinds.indices {
            var end = start
            while fed[end] != UInt8(ascii: "\t"), fed[end] != UInt8(ascii: "\n") { end &+= 1 }
            let length = Int(Int32(truncatingIfNeeded: row.number(at: position, bytes: 4)))
            position &+= 4
            let value = position..<position &+ max(0, length)
            if length < 0 || fed.isNull(start..<end) {
                isSame = isSame && length < 0 && fed.isNull(start..<end)
            } else {
                let order = compare(kinds[column], fed, start..<end, row, value)
                isSame = isSame && order == 0
                if order != 0, ranks[column] < key.rank { key = (ranks[column], order) }
            }
            position = value.upperBound
            start = end &+ 1
        }
        if key.order != 0 { return key.order < 0 ? .before : .after }
        return isSame ? .same : .sameKey
    }

    /// - Returns: 0: the same for certain. Of a key, less than that: the feed's comes first.
    @inline(__always)
    private func compare(
        _ kind: Kind, _ fed: Span<UInt8>, _ text: Range<Int>, _ row: Span<UInt8>, _ value: Range<Int>
    ) -> Int8 {
        switch kind {
        case .whole:
            return Self.order(fed.whole(text), row.number(at: value.lowerBound, bytes: value.count))
        case .date:
            return Self.order(fed.day(text), row.number(at: value.lowerBound, bytes: 4))
        case .double:
            let bits = UInt64(bitPattern: row.number(at: value.lowerBound, bytes: 8))
            return fed.double(text)?.bitPattern == bits ? 0 : 1
        case .real:
            let bits = UInt32(truncatingIfNeeded: row.number(at: value.lowerBound, bytes: 4))
            return fed.real(text)?.bitPattern == bits ? 0 : 1
        case .boolean:
            return (fed[text.lowerBound] == UInt8(ascii: "t")) == (row[value.lowerBound] != 0) ? 0 : 1
        case .decimal:
            guard let one = fed.significant(text), let two = row.significant(value) else { return 1 }
            return fed.isSame(one, as: row, two) ? 0 : 1
        case .text:
            return fed.isSame(text, as: row, value) || fed.isSameUnescaped(text, as: row, value) ? 0 : 1
        }
    }

    private static func order(_ one: Int64?, _ two: Int64) -> Int8 {
        // What is no such number is taken for what the target does not have.
        guard let one else { return -1 }
        return one < two ? -1 : one > two ? 1 : 0
    }
}

// Values in a row of COPY: as text, or in network order.
extension Span where Element == UInt8 {
    fileprivate func number(at position: Int, bytes: Int) -> Int64 {
        var number = Int64(Int8(bitPattern: self[position]))
        for next in position &+ 1..<position &+ bytes { number = number &<< 8 | Int64(self[next]) }
        return number
    }

    fileprivate func isNull(_ range: Range<Int>) -> Bool {
        range.count == 2 && self[range.lowerBound] == UInt8(ascii: "\\")
            && self[range.lowerBound + 1] == UInt8(ascii: "N")
    }

    func isSame(_ range: Range<Int>, as other: Span<UInt8>, _ others: Range<Int>) -> Bool {
        guard range.count == others.count else { return false }
        let distance = others.lowerBound &- range.lowerBound
        var position = range.lowerBound
        while position &+ 8 <= range.upperBound {
            guard word(at: position) == other.word(at: position &+ distance) else { return false }
            position &+= 8
        }
        while position < range.upperBound {
            guard self[position] == other[position &+ distance] else { return false }
            position &+= 1
        }
        return true
    }

    /// The text as it was before ``Swift/OutputSpan/appendEscaped(_:_:)``.
    fileprivate func isSameUnescaped(_ range: Range<Int>, as other: Span<UInt8>, _ others: Range<Int>) -> Bool {
        var (one, two) = (range.lowerBound, others.lowerBound)
        while one < range.upperBound, two < others.upperBound {
            var byte = self[one]
            if byte == UInt8(ascii: "\\") {
                one &+= 1
                guard one < range.upperBound else { return false }
                byte =
                    switch self[one] {
                    case UInt8(ascii: "t"): UInt8(ascii: "\t")
                    case UInt8(ascii: "n"): UInt8(ascii: "\n")
                    case UInt8(ascii: "r"): UInt8(ascii: "\r")
                    default: self[one]
                    }
            }
            guard byte == other[two] else { return false }
            one &+= 1
            two &+= 1
        }
        return one == range.upperBound && two == others.upperBound
    }

    /// Nil: something else, or more than fits.
    fileprivate func whole(_ range: Range<Int>) -> Int64? {
        let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
        let digits = range.lowerBound &+ (isNegative ? 1 : 0)..<range.upperBound
        // Nineteen may not fit; the few that do are left to the server.
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var number: Int64 = 0
        for position in digits {
            let digit = self[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ Int64(digit)
        }
        return isNegative ? 0 &- number : number
    }

    /// Days since 2000-01-01 of `2026-01-31`, as the server counts them.
    fileprivate func day(_ range: Range<Int>) -> Int64? {
        let start = range.lowerBound
        guard range.count == 10, let year = whole(start..<start &+ 4), let month = whole(start &+ 5..<start &+ 7),
            let day = whole(start &+ 8..<start &+ 10)
        else { return nil }
        // From March on, so that a leap day comes last.
        let years = month > 2 ? year : year &- 1
        let months = month > 2 ? month &- 3 : month &+ 9
        return years &* 365 &+ years / 4 &- years / 100 &+ years / 400 &+ (months &* 153 &+ 2) / 5 &+ day &- 730_426
    }

    /// As the server reads it: the nearest there is.
    fileprivate func double(_ range: Range<Int>) -> Double? {
        // Both below 2^53 and so exact, as the quotient of the two then is rounded once.
        guard let (digits, power) = decimal(range, atMost: 15), power <= 22 else { return Double(string(range)) }
        return Double(digits) / Self.powers[power]
    }

    fileprivate func real(_ range: Range<Int>) -> Float? {
        guard let (digits, power) = decimal(range, atMost: 7), power <= 10 else { return Float(string(range)) }
        return Float(digits) / Float(Self.powers[power])
    }

    /// The digits of a plain number without its point, and how many stand behind that. Not of a negative zero.
    private func decimal(_ range: Range<Int>, atMost limit: Int) -> (Int64, Int)? {
        let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
        var number: Int64 = 0
        var (count, power) = (0, -1)
        for position in range.lowerBound &+ (isNegative ? 1 : 0)..<range.upperBound {
            let digit = self[position] &- UInt8(ascii: "0")
            if digit <= 9 {
                number = number &* 10 &+ Int64(digit)
                count &+= 1
                if power >= 0 { power &+= 1 }
            } else {
                guard self[position] == UInt8(ascii: "."), power < 0 else { return nil }
                power = 0
            }
        }
        guard count > 0, count <= limit, !isNegative || number != 0 else { return nil }
        return (isNegative ? 0 &- number : number, Swift.max(0, power))
    }

    private static var powers: InlineArray<23, Double> {
        [
            1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
            1e20, 1e21, 1e22,
        ]
    }

    private func string(_ range: Range<Int>) -> String {
        String(decoding: range.map { self[$0] }, as: UTF8.self)
    }

    /// Without the zeros behind the point; nil where it is no plain number.
    fileprivate func significant(_ range: Range<Int>) -> Range<Int>? {
        var point: Int?
        for position in range {
            switch self[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): continue
            case UInt8(ascii: "-") where position == range.lowerBound: continue
            case UInt8(ascii: ".") where point == nil: point = position
            default: return nil
            }
        }
        guard let point else { return range }
        var end = range.upperBound
        while end > point + 1, self[end - 1] == UInt8(ascii: "0") { end -= 1 }
        return range.lowerBound..<(end == point + 1 ? point : end)
    }
}
