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
        /// As text, in UTC.
        case moment
    }

    private let kinds: [Kind]
    /// How much a column counts for the order of the rows: 0 most, and what is not of the key nothing.
    private let ranks: [Int]

    /// - Parameter keys: Columns of the key, in the order in which the rows come.
    /// - Returns: Nil for columns whose values the client cannot tell apart, or a key whose order only the server knows.
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
            case .timestamp, .text: kinds.append(.text)
            case .timestamptz: kinds.append(.moment)
            // What a type of another's making writes may be less than the value.
            case .moments, .other: return nil
            }
        }
        guard !keys.isEmpty, keys.allSatisfy({ kinds[$0] == .whole || kinds[$0] == .date }) else { return nil }
        self.kinds = kinds
        ranks = kinds.indices.map { keys.firstIndex(of: $0) ?? .max }
    }

    /// The target's column is wanted as text.
    func isText(_ column: Int) -> Bool { [.decimal, .text, .moment].contains(kinds[column]) }

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
            return fed.isSameUnescaped(text, as: row, value) ? 0 : 1
        case .moment:
            guard let one = fed.withoutUTC(text), let two = row.withoutUTC(value) else { return 1 }
            return fed.isSame(one, as: row, two) ? 0 : 1
        }
    }

    private static func order(_ one: Int64?, _ two: Int64) -> Int8 {
        // What is no such number is taken for what the target does not have.
        guard let one else { return -1 }
        return one < two ? -1 : one > two ? 1 : 0
    }
}
