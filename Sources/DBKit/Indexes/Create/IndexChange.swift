/// What became of one index.
public struct IndexChange: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        /// It was there.
        case equivalent
        case created
        /// A dry run: it would be.
        case planned
        /// One that serves the same is there; nothing was built.
        case covered
        /// Another definition has the declared name.
        case differs
        /// Nobody declares it: it goes with consent.
        case undeclared
        /// Nobody declares it, and it stays all the same.
        case kept
        case dropped
        case rebuilt
        case skipped
        case failed
    }

    public var schema: String
    public var table: String
    /// Nil for one that has no name yet.
    public var name: String?
    public var state: State
    /// As it would be typed.
    public var statement: String?
    public var sizeBytes: Int64?
    public var estimateBytes: Int64?
    public var durationS: Double?
    /// What else is to be said of it: why it was left as it is, or what it is.
    public var note: String?

    public init(schema: String, table: String, name: String?, state: State) {
        self.schema = schema
        self.table = table
        self.name = name
        self.state = state
    }

    enum CodingKeys: String, CodingKey {
        case schema, table, name, state, statement, note
        case sizeBytes = "size_bytes"
        case estimateBytes = "estimate_bytes"
        case durationS = "duration_s"
    }
}
