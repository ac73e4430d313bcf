public import Operations

/// What a run did with migrations.
public struct MigrationReport: Sendable, Encodable {
    public struct Entry: Sendable, Encodable {
        public var version: String
        public var name: String
        /// Seconds.
        public var durationS: Double
        public var statements: Int
        /// How often its transactions had to be run again.
        public var retries: Int
        /// The statement, counted from 1, at which an interrupted run was gone on with.
        public var resumedAt: Int?

        init(_ migration: Migration, duration: Duration, retries: Int, resumedAt: Int?) {
            version = migration.key
            name = migration.name
            durationS = duration / .seconds(1)
            statements = migration.up.statements.count
            self.retries = retries
            self.resumedAt = resumedAt
        }
    }

    public var applied: [Entry] = []
    /// What could not be applied any more.
    public var pending = 0
    public var warnings: [String] = []
    /// Why it stopped; not part of the data.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case applied, pending, warnings
    }
}
