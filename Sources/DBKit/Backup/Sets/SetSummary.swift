public import Foundation
public import Operations
public import Storage

/// A set in one line: what `backup list` shows.
public struct SetSummary: Sendable, Hashable, Codable {
    public var set: String
    public var database: String
    public var path: String
    /// When it was begun.
    public var time: Date
    public var duration: Double?
    /// On disk.
    public var sizeBytes: Int64?
    public var tables: Int
    public var rows: Int64
    /// Before compression.
    public var plainBytes: Int64
    public var verified: Date?
    public var drilled: Date?
    public var pinned: Bool
    /// Why it cannot be used; nil for a set that nothing speaks against.
    public var problem: String?

    /// Plain bytes for each byte on disk.
    public var compressionRatio: Double? {
        guard let sizeBytes, sizeBytes > 0, plainBytes > 0 else { return nil }
        return Double(plainBytes) / Double(sizeBytes)
    }

    enum CodingKeys: String, CodingKey {
        case set, database, path, time
        case duration = "duration_s"
        case sizeBytes = "size_bytes"
        case tables, rows
        case plainBytes = "plain_bytes"
        case verified, drilled, pinned, problem
    }
}

/// What `backup list` found.
public struct SetListing: Sendable, Codable {
    public var repository: String
    /// The newest first.
    public var sets: [SetSummary]
    /// What lies in the repository and is no set, and that there is none at all.
    public var warnings: [String] = []

    /// Reads every set's manifest, unless its database's index knows it already; a set that cannot be read is listed
    /// with what is wrong.
    public static func read(_ repository: any Repository, database: String? = nil) throws(Failure) -> SetListing {
        var indexes: [String: SetIndex] = [:]
        let sets = try SetCatalog(repository).sets(of: database).map { path in
            indexes[path.database, default: SetIndex(of: path.database, in: repository)].summary(
                of: FoundSet(repository: repository, path: path))
        }
        for index in indexes.values { index.save() }
        let contents = RepositoryContents(repository)
        let none = sets.isEmpty ? [contents.noSetsSentence(of: database)] : []
        return SetListing(
            repository: repository.location, sets: sets, warnings: none + (try contents.strange(of: database)))
    }
}

extension SetSummary {
    public init(_ found: FoundSet) {
        set = found.path.name.text
        database = found.path.database
        path = found.folder
        time = found.path.name.time
        (pinned, tables, rows, plainBytes) = (false, 0, 0, 0)
        do throws(Failure) {
            let state = try SetState.read(found.path, in: found.repository)
            duration = state.created?.duration
            sizeBytes = state.created?.bytes
            verified = state.verified.flatMap { $0.ok ? $0.at : nil }
            drilled = state.drilled.flatMap { $0.ok ? $0.at : nil }
            pinned = state.pinned ?? false
            switch state.standing {
            case .damaged: problem = "damaged: it was found so when it was last read"
            case .failedDrill: problem = SetStanding.drillAgain
            case .good, .unverified: break
            }
        } catch {
            problem = error.message
        }
        do throws(Failure) {
            let manifest = try ManifestFile.decode(
                found.repository.read(found.path.file(ManifestFile.name)), place: found.folder)
            if let why = manifest.strangeness(at: found.path) { problem = why }
            tables = manifest.tables.count
            rows = manifest.tables.reduce(0) { $0 + $1.rows }
            plainBytes = manifest.tables.reduce(0) { $0 + $1.bytes }
        } catch {
            problem = error.message
        }
    }
}

/// One set in full: what `backup show` shows.
public struct SetDetails: Sendable, Codable {
    public var summary: SetSummary
    public var manifest: Manifest
    /// Nil when what was learned of the set cannot be read; the summary says so.
    public var state: SetState?

    public init(_ found: FoundSet) throws(Failure) {
        manifest = try SetVerification(folder: found.folder).manifest()
        summary = SetSummary(found)
        state = try? SetState.read(found.path, in: found.repository)
    }
}
