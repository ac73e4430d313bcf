public import Foundation
public import Operations
import Storage

/// What a restore has done.
public struct RestoreResult: Sendable, Hashable, Codable {
    public var database: String
    public var created: Bool
    /// The database that the archive was made of; nil where it does not say so.
    public var sourceDatabase: String?
    /// Name of the backup set; nil for an archive that pg_dump wrote.
    public var set: String?
    /// Folder of the archive.
    public var source: String
    public var tables: Int64
    public var rows: Int64
    /// Bytes of data files read, as they lie on disk.
    public var bytes: Int64
    public var largeObjects: Int64
    /// Entries of the archive that were made: tables, indexes, grants …
    public var entries: Int64
    public var durationS: Double
    /// Roles that are not on the server and whose ownership and grants were left out.
    public var omittedRoles: [String]
    /// With `--resume`: what was there already.
    public var skipped: RestoreSkipped?
    /// Databases that killed runs had left and that this one removed.
    public var swept: [String]
    /// What went wrong without making the result wrong.
    public var warnings: [String]
    /// Nothing was changed: ``steps`` says what would be done, and the counts are 0.
    public var dryRun = false
    /// Of a dry run: what would be done, in order.
    public var steps: [String]?

    enum CodingKeys: String, CodingKey {
        case database, created
        case sourceDatabase = "source_database"
        case set, source, tables, rows
        case bytes = "data_bytes"
        case largeObjects = "large_objects"
        case entries
        case durationS = "duration_s"
        case omittedRoles = "omitted_roles"
        case skipped, swept, warnings
        case dryRun = "dry_run"
        case steps
    }
}

extension RestoreResult {
    /// What was restored, in a few words: whose set, and which.
    public var subject: String {
        guard let set else { return sourceDatabase.map { "\(source) (of \($0))" } ?? source }
        return sourceDatabase.map { "\($0)/\(set)" } ?? set
    }

    /// Notes beside the set that it was restored; that this cannot be noted is a warning.
    public mutating func record(beside set: FoundSet, run: RunID, at time: Date) {
        let entry = SetState.Restoration(at: time, into: database, runID: run.description, duration: durationS)
        do throws(Failure) {
            try SetState.update(set.path, in: set.repository) { $0.restored = ($0.restored ?? []) + [entry] }
        } catch {
            warnings.append("the restore could not be noted beside the set: \(error.message)")
        }
    }
}
