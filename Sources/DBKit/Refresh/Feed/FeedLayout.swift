public import Operations

/// What a feed brings, in the order of the target's columns.
public struct FeedLayout: Sendable, Hashable {
    public var columns: [FedColumn]
    public var format: FeedFormat
    /// Nil for NDJSON.
    public var dialect: CSVDialect?
}

/// A column of the target that the feed fills.
public struct FedColumn: Sendable, Hashable {
    /// What the column stands for, beyond its type.
    public enum Role: String, Sendable, Hashable {
        /// Above zero, and watched for jumps.
        case price
        /// Not below zero.
        case volume
        /// The day of the record: never in the future.
        case date
        case plain
    }

    public var target: TargetColumn
    public var source: FeedSource
    public var isKey: Bool
    public var role: Role

    public init(target: TargetColumn, source: FeedSource, isKey: Bool, role: Role) {
        self.target = target
        self.source = source
        self.isKey = isKey
        self.role = role
    }
}

/// The rows of a piece of a feed, each checked, as COPY text.
public struct FeedChunk: Sendable {
    /// Where a row stands.
    public struct Row: Sendable, Hashable {
        /// Of ``FeedChunk/bytes``, with its line end.
        public var bytes: Range<Int> { Int(start)..<Int(end) }
        /// Index in ``FeedFiles/names``.
        public var file: Int { Int(fileIndex) }
        /// On which its record begins.
        public let line: Int
        /// Of ``FeedChunk/raw``, without its line end.
        public var raw: Range<Int> { Int(rawStart)..<Int(rawEnd) }

        let start: UInt32
        let end: UInt32
        let rawStart: UInt32
        let rawEnd: UInt32
        let fileIndex: UInt32
    }

    /// `file⇥line⇥value⇥…` and a line end for each row: COPY's text format, NULL is `\N`.
    public internal(set) var bytes: [UInt8]
    public internal(set) var rows: [Row]
    /// The text that the records stood in.
    public internal(set) var raw: [UInt8]
}

extension FeedChunk {
    /// The row's values, as COPY text.
    func fields(of row: Row) -> [String] {
        bytes[row.values(bytes.span)].dropLast()
            .split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

extension FeedChunk.Row {
    /// Without the file and the line in front of them; with the line end.
    func values(_ chunk: Span<UInt8>) -> Range<Int> {
        var start = bytes.lowerBound
        for _ in 0..<2 {
            while chunk[start] != UInt8(ascii: "\t") { start &+= 1 }
            start &+= 1
        }
        return start..<bytes.upperBound
    }
}

/// What became of a feed's records.
public struct FeedTally: Sendable, Hashable {
    /// Records, the header aside.
    public var read: Int64 = 0
    public var rejected: Int64 = 0
    /// The first twenty of them.
    public var rejects: [RejectedRecord] = []
    /// Where all of them stand.
    public var rejectedFiles: [String] = []
    /// Why rejected records could not be written down, one for each file.
    public var unwritten: [Failure] = []
    /// Files of rejected records that an earlier run left where this one had none to write.
    public var earlierFiles: [String] = []
    /// Of all bytes, decompressed: the same for the same feed.
    public var digest = ""
    /// No two of the rows have the same key, that much is certain. A lookup's text counts for the key that it names.
    public var keysAreDistinct = false
    /// The newest day of the date column, as `2026-01-31`.
    public var newestDate: String?
}
