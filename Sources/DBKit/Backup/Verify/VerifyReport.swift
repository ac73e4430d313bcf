public import Operations

/// What checking a set came to.
public struct VerifyReport: Sendable, Codable {
    public var set: String
    public var database: String
    public var path: String
    public var ok: Bool
    public var files: Int
    public var readBytes: Int64
    public var duration: Double
    public var damages: [SetDamage]
    /// What is worth knowing and no reason to fail.
    public var warnings: [String] = []
    /// Why nobody will know of this answer; nil when it stands beside the set.
    public var unkept: String?

    enum CodingKeys: String, CodingKey {
        case set, database, path, ok, files
        case readBytes = "read_bytes"
        case duration = "duration_s"
        case damages, warnings
    }

    /// The failure that the damage is to whoever wanted to use the set; nil for a good set.
    public var failure: Failure? {
        guard let first = damages.first else { return nil }
        let more = damages.count > 1 ? ", and \(damages.count - 1) more" : ""
        return Failure(
            .backupDamaged, "the set \(set) is damaged: \(first.sentence)\(more)",
            detail: damages.count > 1 ? damages.prefix(20).map(\.sentence).joined(separator: "\n") : nil,
            hint: "do not restore it; `dbctl backup list` shows the others, `verify --all` which of them are whole")
    }
}
