public import Foundation
public import Operations

/// What retention decided about each set, and did.
public struct PruneReport: Sendable, Codable {
    /// One set, and what became of it.
    public struct Entry: Sendable, Hashable, Codable {
        public enum Action: String, Sendable, Codable {
            case keep, delete
        }

        public var set: String
        public var database: String
        public var path: String
        /// When it was begun.
        public var time: Date
        public var action: Action
        public var why: String
        /// On disk, where it was noted.
        public var sizeBytes: Int64?

        enum CodingKeys: String, CodingKey {
            case set, database, path, time, action, why
            case sizeBytes = "size_bytes"
        }
    }

    /// A database whose sets could not be dealt with.
    public struct Failed: Sendable, Hashable, Codable {
        public var database: String
        public var code: String
        public var message: String
    }

    /// Nothing was changed.
    public var dryRun: Bool
    /// By database, the newest first.
    public var sets: [Entry] = []
    public var failed: [Failed] = []
    /// What killed runs had left behind and this one removed.
    public var swept: [String] = []
    /// What is worth knowing and no reason to fail.
    public var warnings: [String] = []
    /// The first failure; its category decides the exit code.
    public var failure: Failure?

    public var kept: Int { sets.count { $0.action == .keep } }
    public var deleted: Int { sets.count { $0.action == .delete } }
    /// Of the deleted sets whose size is known.
    public var freedBytes: Int64 { sets.reduce(0) { $0 + ($1.action == .delete ? $1.sizeBytes ?? 0 : 0) } }

    enum CodingKeys: String, CodingKey {
        case dryRun = "dry_run"
        case sets, failed, swept, warnings, kept, deleted
        case freedBytes = "freed_bytes"
    }

    init(dryRun: Bool) {
        self.dryRun = dryRun
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        dryRun = try container.decode(Bool.self, forKey: .dryRun)
        sets = try container.decode([Entry].self, forKey: .sets)
        failed = try container.decode([Failed].self, forKey: .failed)
        swept = try container.decode([String].self, forKey: .swept)
        warnings = try container.decode([String].self, forKey: .warnings)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dryRun, forKey: .dryRun)
        try container.encode(sets, forKey: .sets)
        try container.encode(failed, forKey: .failed)
        try container.encode(swept, forKey: .swept)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(kept, forKey: .kept)
        try container.encode(deleted, forKey: .deleted)
        try container.encode(freedBytes, forKey: .freedBytes)
    }

    mutating func add(_ failure: Failure, of database: String) {
        self.failure = self.failure ?? failure
        failed.append(Failed(database: database, code: failure.code.name, message: failure.message))
    }

    mutating func add(_ other: PruneReport) {
        sets += other.sets
        swept += other.swept
        warnings += other.warnings
        failed += other.failed
        failure = failure ?? other.failure
    }
}
