/// What a verb wrote into the history without running anything, or would write.
public struct HistoryReport: Sendable, Encodable {
    public struct Change: Sendable, Encodable, Hashable {
        public var version: String
        public var name: String
        /// E.g. `recorded as applied`.
        public var change: String
    }

    public var isDryRun = false
    public var changes: [Change] = []

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case changes
    }
}
