/// Something that the backup does not hold, and why.
public struct Omission: Sendable, Hashable, Codable {
    public enum Reason: String, Sendable, Hashable, Codable {
        /// Asked for with `--exclude-table-data`.
        case excluded
        /// Its rows live on another server.
        case foreignTable = "foreign_table"
        /// A standby has no unlogged data.
        case unloggedOnStandby = "unlogged_on_standby"
        /// The role may not see it.
        case notVisible = "not_visible"
    }

    public var reason: Reason
    /// What: `audit.events`, `role passwords`.
    public var what: String

    public init(_ reason: Reason, _ what: String) {
        self.reason = reason
        self.what = what
    }
}
