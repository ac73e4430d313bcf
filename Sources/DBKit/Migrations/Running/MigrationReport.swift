public import Operations

/// What a run did with migrations, or would do.
public struct MigrationReport: Sendable, Encodable {
    public struct Entry: Sendable, Encodable {
        public var version: String
        public var name: String
        /// Seconds; zero in a dry run.
        public var durationS: Double
        public var statements: Int
        /// How often its transactions had to be run again.
        public var retries: Int
        /// The statement, counted from 1, at which an interrupted run was gone on with.
        public var resumedAt: Int?

        init(
            _ migration: Migration, _ statements: Int, duration: Duration = .zero, retries: Int = 0,
            resumedAt: Int? = nil
        ) {
            version = migration.key
            name = migration.name
            durationS = duration / .seconds(1)
            self.statements = statements
            self.retries = retries
            self.resumedAt = resumedAt
        }
    }

    public var isDryRun = false
    /// In the order in which they were undone: the newest first.
    public var undone: [Entry] = []
    public var applied: [Entry] = []
    /// What could not be done any more.
    public var pending = 0
    public var warnings: [String] = []
    /// The schema file that was written afterwards.
    public var dump: String?
    /// Of a dry run: what each of them would do, in the order in which they would run.
    public var plan: [MigrationPlan.Item]?
    /// Why it stopped; not part of the data.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case undone, applied, pending, warnings, dump, plan
    }
}

extension MigrationReport {
    /// It failed after a part of what was asked for. Whatever the reason: 75 and 76 would say that nothing is done, and
    /// the same command goes on. The code keeps the reason.
    mutating func stop(_ error: any Error) -> Failure {
        var failure = Failure(describing: error)
        switch failure.category {
        case .interrupted, .terminated, .bug: break
        default: failure.category = .partial
        }
        self.failure = failure
        return failure
    }
}
