import Foundation

/// How large an index will be, from the table's statistics. Pure; `IndexEstimateTests` builds real ones and compares.
///
/// Source of the sizes: PostgreSQL's `itup.h`, `nbtree.h`, `nbtsort.c` (deduplication while building), `hash.h`.
struct IndexEstimate: Sendable, Hashable {
    struct Column: Sendable, Hashable {
        /// Bytes of the type; -1 where it varies.
        var length: Int
        var alignment: Int
        /// As `pg_stats` has it; nil before the first ANALYZE.
        var averageWidth: Double?
        var nullFraction: Double = 0
        /// How many different values there are; nil when nobody knows.
        var distinct: Double?
        var isKey = true
        /// Equal values have equal bytes, so that they may share one tuple.
        var isEqualImage = true

        /// A short value carries a header of one byte and stands anywhere.
        var isShort: Bool { length < 0 && width < 127 }
        /// A guess where nothing is known, as the planner's own.
        var width: Double { length > 0 ? Double(length) : averageWidth ?? 32 }
    }

    var method: String
    /// That the predicate lets in.
    var rows: Double
    var columns: [Column]
    var isUnique = false
    var tableBytes: Double = 0
    var tableRows: Double = 0
    /// How full a leaf page of a B-tree is made, in percent.
    var fillFactor = 90.0
    /// By building it on samples of the table.
    var measured: Double?

    private static let page = 8192.0
    private static let pointer = 4.0

    /// No formula knows what its keys are made of, how often they are the same, or how well a long one is compressed.
    var needsSample: Bool {
        ["gin", "gist", "spgist"].contains(method)
            || method == "btree" && columns.contains { $0.isKey && ($0.distinct == nil || $0.width > Self.longest) }
    }

    /// `TOAST_INDEX_TARGET`: what is longer is compressed in an index.
    private static let longest = 508.0

    var bytes: Int64 {
        if let measured { return Int64(max(measured, Self.page)) }
        let size =
            switch method {
            case "btree": btree
            case "hash": hash
            case "brin":
                3 * Self.page + (tableBytes / Self.page / 128) * (24 + 2 * columns.map(\.width).reduce(0, +))
            case "gin": max(2 * Self.page, rows * (columns.map(\.width).reduce(0, +) * 0.5 + 6))
            default: max(2 * Self.page, rows * (tuple + Self.pointer) / 0.65)
            }
        return Int64(max(size, Self.page))
    }

    /// What a sort writes when it does not fit into memory: every tuple once, twice while runs are merged is not needed.
    var sortBytes: Int64 {
        method == "btree" || method == "hash" ? Int64(rows * (tuple + 16)) : 0
    }

    // B-tree

    private var btree: Double {
        // Page header, and what the tree needs at its end; the high key takes a place of its own on every page.
        let usable = Self.page - 24 - 16
        let leafRoom = usable - Self.page * (1 - fillFactor / 100) - (tuple + Self.pointer)
        let leaves = (rows * perRow / max(leafRoom, tuple + Self.pointer)).rounded(.up)
        let fanout = max(2, usable * 0.7 / (tuple + Self.pointer))
        return Self.page * (1 + max(1, leaves) + (leaves > 1 ? leaves / (fanout - 1) + 1 : 0))
    }

    /// Bytes that one row takes on a leaf page, sharing its key's tuple with its likes.
    private var perRow: Double {
        guard !isUnique, rows > 0, columns.allSatisfy({ $0.isKey && $0.isEqualImage && $0.distinct != nil }) else {
            return tuple + Self.pointer
        }
        return patterns.reduce(0) { sum, pattern in
            let likes = rows * pattern.share / max(1, min(pattern.different, rows * pattern.share))
            return sum + pattern.share * Self.shared(size(of: pattern.filled, amongNulls: pattern.hasNulls), by: likes)
        }
    }

    /// Rows that are NULL in the same columns. All NULLs of a column are one value, so that they share much more.
    private struct Pattern {
        var share = 1.0
        /// Columns are taken as independent of each other, which makes an index rather too large than too small.
        var different = 1.0
        var filled: [Column] = []
        var hasNulls = false
    }

    private var patterns: [Pattern] {
        columns.reduce([Pattern()]) { patterns, column in
            patterns.flatMap { pattern -> [Pattern] in
                var filled = pattern
                filled.share *= 1 - column.nullFraction
                filled.different *= max(1, column.distinct ?? 1)
                filled.filled.append(column)
                var empty = pattern
                empty.share *= column.nullFraction
                empty.hasNulls = true
                return [filled, empty].filter { $0.share > 0.001 }
            }
        }
    }

    private func size(of columns: [Column], amongNulls: Bool) -> Double {
        var size = amongNulls ? 16.0 : 8
        for column in columns {
            if !column.isShort { size = aligned(size, to: Double(column.alignment)) }
            size += column.width
        }
        return columns.contains { $0.length < 0 } ? max(16, size + 3.5) : aligned(size, to: 8)
    }

    /// - Parameter rows: That have the same key.
    private static func shared(_ tuple: Double, by rows: Double) -> Double {
        // No posting list grows beyond a tenth of a page.
        let most = max(1, ((812 - tuple) / 6).rounded(.down))
        let full = rows.rounded(.up)
        let each = full / (full / most).rounded(.up)
        guard rows > 1.5, each >= 2 else { return tuple + pointer }
        return (((tuple + 6 * each) / 8).rounded(.up) * 8 + pointer) / each
    }

    /// Header, null bitmap where there are NULLs, and the values, each where its type must stand.
    private var tuple: Double {
        let anyNull = 1 - columns.reduce(1.0) { $0 * (1 - $1.nullFraction) }
        return (1 - anyNull) * size(header: 8, nulls: false) + anyNull * size(header: 16, nulls: true)
    }

    private func size(header: Double, nulls: Bool) -> Double {
        var size = header
        var varies = false
        for column in columns {
            let share = nulls ? 1 - column.nullFraction : 1
            if !column.isShort, share > 0.5 { size = aligned(size, to: Double(column.alignment)) }
            size += column.width * share
            if column.length < 0 { varies = true }
        }
        // A width that varies is rounded up by half of what it may be at the most.
        return varies ? max(16, size + 3.5) : aligned(size, to: 8)
    }

    // Hash

    private var hash: Double {
        // Three quarters of a page for each bucket, tuples of 16 bytes; their number is rounded up to a power of two.
        let perBucket = (Self.page * 0.75 / (16 + Self.pointer)).rounded(.down)
        let buckets = pow(2, max(1, log2(max(2, rows / perBucket))).rounded(.up))
        return Self.page * (buckets + 3)
    }

    private func aligned(_ size: Double, to bytes: Double) -> Double { (size / bytes).rounded(.up) * bytes }
}
