/// What a feed is, and where its rows go: an entry under `feeds:` of dbctl.yaml, with what the command line says on top.
public struct FeedDefinition: Sendable, Hashable {
    /// The entry's name; nil where the command line says all of it (`--table`, `--key`).
    public var name: String?
    /// The target as it was written, with a schema or without.
    public var table: String
    public var key: [String]
    /// The only columns that are loaded; nil loads what the header names, and refuses a header that is no column.
    public var columns: [String]?
    /// Column of the target → where its value comes from. A column that is not in it has the header's own name.
    public var map: [String: FeedSource] = [:]
    /// Nil goes by the file's name, then by its first bytes.
    public var format: FeedFormat?
    /// Nil is found out.
    public var delimiter: UInt8?
    /// Nil: a quote is a character like any other.
    public var quote: UInt8? = UInt8(ascii: "\"")
    public var hasHeader = true
    public var encoding: FeedEncoding = .utf8
    /// Unquoted texts that mean NULL.
    public var nulls: [String] = [""]
    /// Name of the zone that wall times without one are in, and whose day is "today".
    public var timezone = "UTC"
    public var surplusDecimals: SurplusDecimals = .round
    public var duplicates: DuplicateRule = .identical
    /// Nil: the columns that are named as prices usually are (``usualPrices``).
    public var price: [String]?
    public var volume: [String]?
    /// Nil: the key column of a date or time type.
    public var date: String?
    /// Nil: the rest of the key.
    public var asset: [String]?
    /// So many rejected rows are put up with; more refuse the whole run.
    public var maximumRejected = 0
    /// Rows to write in one transaction.
    public var batch = 1_000_000
    public var createdAt: String?
    public var updatedAt: String?
    public var backupBefore = false
    /// How long pre-images are kept.
    public var undoKeep: Duration = .seconds(30 * 86_400)
    public var guards = GuardThresholds()

    public static let usualPrices: Set<String> = ["close", "open", "high", "low", "adj_close", "price"]
    public static let usualVolumes: Set<String> = ["volume"]

    public init(table: String, key: [String]) {
        self.table = table
        self.key = key
    }
}

/// Where the value of a column comes from.
public struct FeedSource: Sendable, Hashable {
    /// Of the file.
    public var header: String
    /// The value names a row of another table, whose key is what is stored.
    public var lookup: FeedLookup?

    public init(header: String, lookup: FeedLookup? = nil) {
        self.header = header
        self.lookup = lookup
    }
}

/// `assets.symbol`
public struct FeedLookup: Sendable, Hashable {
    /// With a schema or without.
    public var table: String
    public var column: String

    public init(table: String, column: String) {
        self.table = table
        self.column = column
    }
}

public enum FeedFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case csv, ndjson
}

public enum FeedEncoding: String, Sendable, Hashable, Codable, CaseIterable {
    case utf8
    case latin1
    case windows1252 = "windows-1252"
}

/// What becomes of more decimals than the column keeps.
public enum SurplusDecimals: String, Sendable, Hashable, Codable, CaseIterable {
    case reject, round
}

/// What becomes of records with the same key.
public enum DuplicateRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// None is put up with.
    case refuse
    /// Those that say the same collapse into one; conflicting ones are refused.
    case identical
    /// The last one counts.
    case last
}

/// When a guard refuses a run. Nil: that guard is off.
public struct GuardThresholds: Sendable, Hashable {
    /// A price may become this many times as high or as low.
    public var maximumJump: Double? = 5
    /// Per cent of the last run's assets that may be missing.
    public var missingAssets: Double? = 30
    /// Per cent of the rows that exist already that may change.
    public var maximumChanged: Double?
    /// The newest date of the feed may be this old.
    public var staleAfter: Duration?
    /// Rows with a date older than this are not written.
    public var backWindow: Duration?
    /// Factors of known splits: a jump by one of them, up or down, is none.
    public var splits: [Double] = []
    /// `ASSET:DATE` whose rows may jump.
    public var allowed: Set<String> = []

    public init() {}
}
