import Storage

/// Says of each asset which of its rows comes first.
struct FirstOfAssets {
    private let columns: [Int]
    /// They stand in front, so that one look tells the asset of the row before.
    private let areFirst: Bool
    private var last: [UInt8] = []
    /// Of the fields' texts: they may be long.
    private var seen: Set<UInt64> = []
    /// A table of so many assets has few rows of each: the others are kept.
    private static let limit = 50_000

    init(_ columns: [Int]) {
        self.columns = columns.sorted()
        areFirst = self.columns == Array(0..<columns.count)
    }

    mutating func isFirst(_ bytes: Span<UInt8>, _ values: Range<Int>) -> Bool {
        guard !columns.isEmpty else { return false }
        if isLast(bytes, values) { return false }
        last = text(bytes, values)
        let hash = XXH64.hash(last)
        return seen.count >= Self.limit ? !seen.contains(hash) : seen.insert(hash).inserted
    }

    private func isLast(_ bytes: Span<UInt8>, _ values: Range<Int>) -> Bool {
        guard areFirst, !last.isEmpty, last.count <= values.count else { return false }
        return bytes.isSame(values.lowerBound..<values.lowerBound + last.count, as: last.span, 0..<last.count)
    }

    /// The fields with the tabs behind them.
    private func text(_ bytes: Span<UInt8>, _ values: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        var (column, wanted) = (0, 0)
        for position in values {
            if columns[wanted] == column { text.append(bytes[position]) }
            guard bytes[position] == UInt8(ascii: "\t") || bytes[position] == UInt8(ascii: "\n") else { continue }
            if columns[wanted] == column {
                wanted += 1
                if wanted == columns.count { break }
            }
            column += 1
        }
        return text
    }
}
