public import Operations

/// What a drill came to.
public struct DrillReport: Sendable, Codable {
    public var set: String
    public var database: String
    public var path: String
    /// Always false: what a dry run found is a ``DrillPreview``.
    public var dryRun = false
    /// Every row came back.
    public var ok: Bool
    /// The server that the set was restored on.
    public var serverVersion: String
    public var tables: Int64
    public var rows: Int64
    /// The time to restore: from the first look at the set until the database bore its name.
    public var restoreDuration: Double
    public var compareDuration: Double
    public var duration: Double
    public var differences: [ManifestComparison.Difference]
    /// Why the set could not be restored; nil when it could.
    public var damage: String?
    /// The bytes of the set are not those that were written.
    var isDamaged = false
    public var warnings: [String]
    /// Why nobody will know of this answer; nil when it stands beside the set.
    public var unkept: String?

    enum CodingKeys: String, CodingKey {
        case set, database, path
        case dryRun = "dry_run"
        case ok
        case serverVersion = "server_version"
        case tables, rows
        case restoreDuration = "restore_s"
        case compareDuration = "compare_s"
        case duration = "duration_s"
        case differences, damage, warnings
    }

    init(
        _ set: FoundSet, server: String, _ restored: RestoreResult, _ differences: [ManifestComparison.Difference],
        compared: Double
    ) {
        self.init(set, server: server)
        ok = differences.isEmpty
        (tables, rows) = (restored.tables, restored.rows)
        (restoreDuration, compareDuration) = (restored.durationS, compared)
        (self.differences, warnings) = (differences, restored.warnings)
    }

    init(_ set: FoundSet, server: String, damage: Failure, isDamaged: Bool) {
        self.init(set, server: server)
        self.damage = damage.message
        self.isDamaged = isDamaged
    }

    private init(_ set: FoundSet, server: String) {
        (self.set, database, path) = (set.path.name.text, set.path.database, set.folder)
        (ok, serverVersion) = (false, server)
        (tables, rows, restoreDuration, compareDuration, duration) = (0, 0, 0, 0, 0)
        (differences, damage, warnings) = ([], nil, [])
    }

    /// The failure that a bad answer is; nil for a good one.
    public var failure: Failure? {
        guard !ok else { return nil }
        return Failure(
            .backupDrillFailed, "the set \(set) does not restore to what was backed up",
            detail: damage ?? differences.prefix(20).map(\.sentence).joined(separator: "\n"),
            hint: "do not rely on it: make a new backup, and drill that; `dbctl backup verify --all` tests the others")
    }
}
