public import Foundation

/// A run as `dbctl.refresh_runs` keeps it.
public struct RefreshRunRecord: Sendable, Codable, Hashable {
    public enum State: String, Sendable, Codable {
        case applied
        /// Some of its batches are in; the same command goes on with it.
        case partial
        /// Some of its pre-images were put back; the other rows somebody has edited since.
        case partlyUndone = "partly_undone"
        /// Its pre-images were put back.
        case undone
    }

    public var runID: String
    public var feed: String?
    public var table: String
    /// Where the table is by now; nil: where it was, or it is gone.
    public var tableNow: String?
    public var files: [String]
    public var state: State
    public var startedAt: Date
    public var finishedAt: Date?
    public var read: Int64
    public var inserted: Int64
    public var updated: Int64
    public var unchanged: Int64
    public var rejected: Int64
    public var collapsed: Int64
    public var suppressed: Int64
    /// Of a run whose batches are only partly in: still to be written. Otherwise 0.
    public var pending: Int64
    public var batches: Int
    /// The run that put its pre-images back.
    public var undoneBy: String?
    /// It can be undone: its pre-images are still there.
    public var isUndoable: Bool
    /// Until when they are kept.
    public var undoableUntil: Date?
    public var backupSet: String?

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case feed, table
        case tableNow = "table_now"
        case files, state
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case read, inserted, updated, unchanged, rejected, collapsed, suppressed, pending, batches
        case undoneBy = "undone_by"
        case isUndoable = "undoable"
        case undoableUntil = "undoable_until"
        case backupSet = "backup_set"
    }
}

/// `refresh history`
public struct RefreshHistoryReport: Sendable, Codable {
    /// The only feed and the only table whose runs were asked for, as they were written; nil: any.
    public var feed: String?
    public var table: String?
    /// Newest first.
    public var runs: [RefreshRunRecord]
}

/// `refresh show RUN`
public struct RefreshRunDetail: Sendable, Codable {
    public var run: RefreshRunRecord
    public var moves: [PriceMove]
    /// The first changes, in the order of the key.
    public var changes: [RefreshChange]
    public var changesCount: Int64

    enum CodingKeys: String, CodingKey {
        case run, moves, changes
        case changesCount = "changes_count"
    }
}

/// One row that a run wrote.
public struct RefreshChange: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable {
        case inserted, updated
    }

    public var kind: Kind
    public var key: [String]
    /// The columns that the run writes: as they were before; empty for an inserted row.
    public var before: [String: String?]
    /// As they are by now.
    public var now: [String: String?]
}

/// `refresh undo RUN`
public struct RefreshUndoReport: Sendable, Codable {
    public var undoneRunID: String
    /// As the run wrote it.
    public var table: String
    /// What it is called by now; nil: as it was.
    public var tableNow: String?
    public var isDryRun: Bool
    /// Rows whose pre-image was put back.
    public var restored: Int64
    /// Inserted rows that were deleted (`--remove-inserted`).
    public var removed: Int64
    /// Inserted rows that stay.
    public var kept: Int64
    /// Inserted rows that were to go, and to which rows of other tables refer: they stay.
    public var referenced: Int64
    /// Rows that the table's own triggers did not let go back.
    public var suppressed: Int64
    /// Rows that somebody has changed or deleted since: left as they are.
    public var edited: Int64
    /// The first of them, in the order of the key.
    public var editedKeys: [[String]]
    public var keyColumns: [String]
    public var warnings: [String]
    public var retries: Int

    /// It was wanted back, and nothing could be: each row is another one by now, or has to stay.
    public var isInVain: Bool { restored + removed == 0 && edited + suppressed + referenced > 0 }

    enum CodingKeys: String, CodingKey {
        case undoneRunID = "undone_run_id"
        case table
        case tableNow = "table_now"
        case isDryRun = "dry_run"
        case restored, removed, kept, referenced, suppressed, edited
        case editedKeys = "edited_keys"
        case keyColumns = "key_columns"
        case warnings, retries
    }
}
