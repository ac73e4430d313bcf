import Postgres
import Storage

/// The rows of a stretch of the target, in the order of the key, beside those of a feed in the same order.
struct StandingRows {
    private var copy: CopyReader
    private let texts: RowTexts
    /// The row at hand: not yet met by one of the feed.
    private var row: [UInt8] = []
    private var hasRow = false
    private var fields: [Range<Int>] = []
    private var isSplit = false
    private var fed: [Range<Int>] = []

    init(_ copy: CopyReader, _ texts: RowTexts) {
        self.copy = copy
        self.texts = texts
    }

    /// Whether the target has the very row of the feed, for certain; it is read up to there.
    mutating func have(_ bytes: Span<UInt8>, _ values: Range<Int>) throws -> Bool {
        var isFedSplit = false
        while true {
            guard try hasRow || fetch() else { return false }
            if RowTexts.areSame(bytes, values, row.span, 0..<row.count) {
                hasRow = false
                return true
            }
            if !isFedSplit {
                isFedSplit = true
                guard texts.split(bytes, values, into: &fed) else { return false }
            }
            if !isSplit {
                isSplit = true
                var places = fields
                fields = []
                let isWhole = texts.split(row.span, 0..<row.count, into: &places)
                fields = places
                guard isWhole else { return false }
            }
            switch texts.order(bytes, fed, row.span, fields) {
            case .before: return false
            case .same:
                hasRow = false
                return texts.areSame(bytes, fed, row.span, fields)
            case .after: hasRow = false
            case .unknown:
                try readToEnd()
                return false
            }
        }
    }

    /// No more than the limit of what lies behind the last row.
    mutating func readToEnd() throws {
        while try fetch() {}
    }

    private mutating func fetch() throws -> Bool {
        isSplit = false
        hasRow = try copy.next { line in
            row.removeAll(keepingCapacity: true)
            line.append(to: &row)
        }
        return hasRow
    }
}
