import Postgres
import Storage

/// The rows of a stretch of the target, in the order of the key, beside those of a feed in the same order.
struct StandingRows {
    /// Binary.
    private var copy: CopyReader
    private let comparison: RowComparison
    /// The row at hand: not yet met by one of the feed.
    private var row: [UInt8] = []
    private var hasRow = false

    init(_ copy: CopyReader, _ comparison: RowComparison) {
        self.copy = copy
        self.comparison = comparison
    }

    /// Whether the target has the very row of the feed, for certain; it is read up to there.
    mutating func contains(_ fed: Span<UInt8>, _ values: Range<Int>) throws -> Bool {
        while try hasRow || fetch() {
            switch comparison.place(fed, values, beside: row.span) {
            case .before: return false
            case .after: hasRow = false
            case .sameKey:
                hasRow = false
                return false
            case .same:
                hasRow = false
                return true
            }
        }
        return false
    }

    /// What the target has between the feed's last row and the stretch's end.
    mutating func readToEnd() throws {
        while try fetch() {}
    }

    private static let headerBytes = 19

    private mutating func fetch() throws -> Bool {
        let isFirst = copy.count == 0
        hasRow = try copy.next { message in
            row.removeAll(keepingCapacity: true)
            message.extracting(droppingFirst: isFirst ? Self.headerBytes : 0).append(to: &row)
        }
        // The end is a message, too: a row of -1 columns. Behind it comes nothing.
        return hasRow && row.first == 0xFF ? try fetch() : hasRow
    }
}
