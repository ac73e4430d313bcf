public import Foundation
public import Operations

/// What `backup create` did.
public struct BackupReport: Sendable, Codable {
    /// The set's name.
    public var set: String
    public var database: String
    /// Where it lies.
    public var path: String
    public var started: Date
    public var finished: Date
    public var duration: Double
    public var tables: Int
    public var rows: Int64
    /// Of the rows as they travelled, before compression.
    public var plainBytes: Int64
    /// On disk, all files.
    public var sizeBytes: Int64
    public var compression: String
    public var jobs: Int
    public var snapshot: Snapshot
    /// Always false: what a dry run found is a ``BackupPreview``.
    public var dryRun = false
    /// What the set does not hold.
    public var omitted: [Omission]
    /// What killed runs had left behind and this one removed.
    public var swept: [String]
    /// What is worth knowing and no reason to fail.
    public var warnings: [String]
    /// What retention did afterwards, where it was asked to.
    public var pruned: PruneReport?
    /// Why retention could not do all of it. Not part of the data: it travels as the error beside it.
    public var pruneFailure: Failure?

    public struct Snapshot: Sendable, Codable {
        public var lsn: String
        public var time: String
        /// The oldest transaction that vacuum had to spare for it.
        public var xmin: String
        /// Transactions that began while it was held; nil on a standby.
        public var xminAge: Int64?
        public var held: Double

        enum CodingKeys: String, CodingKey {
            case lsn, time, xmin
            case xminAge = "xmin_age"
            case held = "held_s"
        }
    }

    enum CodingKeys: String, CodingKey {
        case set, database, path, started, finished
        case duration = "duration_s"
        case tables, rows
        case plainBytes = "plain_bytes"
        case sizeBytes = "size_bytes"
        case compression, jobs, snapshot
        case dryRun = "dry_run"
        case omitted, swept, warnings, pruned
    }
}
