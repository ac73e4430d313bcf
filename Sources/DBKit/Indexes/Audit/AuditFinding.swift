/// Something about the indexes of a database that costs more than it gives, or that will break.
public struct AuditFinding: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case invalid
        case duplicate
        case redundant
        case unused
        case neverHot = "never_hot"
        case bloated
        case foreignKey = "foreign_key_without_index"
        case missingPrimaryKey = "missing_primary_key"
        case narrowKey = "narrow_key"
    }

    public var kind: Kind
    /// The index, table or column.
    public var object: String
    public var sizeBytes: Int64
    public var why: String
    /// What to type, in a shell or in psql.
    public var command: String

    enum CodingKeys: String, CodingKey {
        case kind, object, why, command
        case sizeBytes = "size_bytes"
    }
}

/// The result of `dbctl index audit`.
public struct IndexAuditReport: Sendable, Hashable, Codable {
    public var findings: [AuditFinding]
    public var notes: [String]
}
