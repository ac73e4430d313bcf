public import Operations

/// What a refresh did, or what it would do.
public struct RefreshReport: Sendable, Codable {
    public var feed: String?
    /// Schema and name.
    public var table: String
    public var files: [String]
    public var isDryRun: Bool
    /// What ``RefreshUndo`` is to be told: this run, or the one that was cut off and that it went on with. Nil where
    /// nothing is recorded.
    public var runID: String?
    /// False: the figures are what would be, and nothing is.
    public var isApplied = false
    /// Records of the files, the header aside. Always the sum of the seven that follow.
    public var read: Int64 = 0
    public var inserted: Int64 = 0
    public var updated: Int64 = 0
    public var unchanged: Int64 = 0
    public var rejected: Int64 = 0
    /// Records that said the same as another one of the feed, or that a later one with the same key replaced.
    public var collapsed: Int64 = 0
    /// Dropped by the table's own triggers.
    public var suppressed: Int64 = 0
    /// Of a run that stopped between its batches: still to be written. Otherwise 0.
    public var pending: Int64 = 0
    /// The first of the rejected records.
    public var rejects: [RejectedRecord] = []
    /// Where all rejected records stand, with reasons.
    public var rejectedFiles: [String] = []
    public var quarantineFiles: [String] = []
    /// The largest by relative change, at most ten.
    public var moves: [PriceMove] = []
    /// Assets of the last run that this one does not have; at most a hundred of them.
    public var missingAssets: [String] = []
    public var missingAssetsCount: Int64 = 0
    /// What the guards refused.
    public var findings: [GuardFinding] = []
    public var warnings: [String] = []
    /// Transactions that wrote rows.
    public var batches: Int = 0
    /// Transactions that met a busy row or lost a deadlock and came again.
    public var retries: Int = 0
    /// Of the target, its indexes and the pre-images.
    public var walBytes: Int64 = 0
    /// Log of full pages and hint bits that the first read after a load causes; no change of ours.
    public var hintBitsWalBytes: Int64 = 0
    /// The backup set that was taken before.
    public var backupSet: String?
    public var durationS: Double = 0
    /// Why nothing, or not all, was applied; not part of the document's data, where it stands beside them.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case feed, table, files
        case isDryRun = "dry_run"
        case runID = "refresh_run_id"
        case isApplied = "applied"
        case read, inserted, updated, unchanged, rejected, collapsed, suppressed, pending, rejects
        case rejectedFiles = "rejected_files"
        case quarantineFiles = "quarantine_files"
        case moves
        case missingAssets = "missing_assets"
        case missingAssetsCount = "missing_assets_count"
        case findings, warnings, batches, retries
        case walBytes = "wal_bytes"
        case hintBitsWalBytes = "hint_bits_wal_bytes"
        case backupSet = "backup_set"
        case durationS = "duration_s"
    }

    public init(feed: String?, table: String, files: [String], isDryRun: Bool) {
        self.feed = feed
        self.table = table
        self.files = files
        self.isDryRun = isDryRun
    }

    /// What became of the records.
    var accounted: Int64 { inserted + updated + unchanged + rejected + collapsed + suppressed + pending }

    /// Nothing is lost silently (R2).
    var isBalanced: Bool { read == accounted }
}

/// A record that was not taken.
public struct RejectedRecord: Sendable, Hashable, Codable {
    public var file: String
    /// On which it begins.
    public var line: Int
    public var reason: String

    public init(file: String, line: Int, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }
}

/// An existing price beside the one that the feed has for it.
public struct PriceMove: Sendable, Hashable, Codable {
    /// Values of the key's columns, in their order.
    public var key: [String]
    public var column: String
    public var before: String
    public var after: String
    /// After divided by before; nil where that is no number.
    public var factor: Double?

    public init(key: [String], column: String, before: String, after: String, factor: Double?) {
        self.key = key
        self.column = column
        self.before = before
        self.after = after
        self.factor = factor
    }
}

/// What a guard refused.
public struct GuardFinding: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case jump
        case unit
        case missingAssets = "missing_assets"
        case massChange = "mass_change"
        case stale
        case backWindow = "back_window"
    }

    public var kind: Kind
    /// A sentence with the figures.
    public var message: String
    /// The first of the rows, or assets, as `file:line key: what`.
    public var samples: [String]
    public var rows: Int64
    /// What lets it through, ready to type behind the command.
    public var override: String

    public init(kind: Kind, message: String, samples: [String], rows: Int64, override: String) {
        self.kind = kind
        self.message = message
        self.samples = samples
        self.rows = rows
        self.override = override
    }
}
