public import Operations

/// What became of one partition.
public struct PartitionChange: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        /// A dry run: it would be.
        case planned
        case created
        /// Created, and filled from the default partition.
        case drained
        case failed
    }

    public var schema: String
    /// The partitioned table, with its schema.
    public var table: String
    public var name: String
    public var lower: String
    public var upper: String
    public var state: State
    /// Rows that came out of the default partition.
    public var rows: Int64?
    public var note: String?
}

/// What became of one declared set.
public struct PartitionSetOutcome: Sendable, Hashable, Codable {
    public var table: String
    public var created: Int
    /// Wanted, and not there.
    public var missing: Int
    /// Up to where rows can be written without a gap, from now on; nil where not even now.
    public var coveredUntil: String?
    public var error: String?

    enum CodingKeys: String, CodingKey {
        case table, created, missing, error
        case coveredUntil = "covered_until"
    }
}

/// The result of `dbctl partition plan` and `ensure`.
public struct PartitionEnsureReport: Sendable, Encodable {
    public var isDryRun: Bool
    public var created = 0
    public var partitions: [PartitionChange] = []
    public var sets: [PartitionSetOutcome] = []
    /// As they would be typed, in order; of a dry run.
    public var statements: [String] = []
    public var notes: [String] = []
    /// What went wrong; the other sets were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case created, partitions, sets, statements, notes
    }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    var counts: [String: Int64] {
        Dictionary(grouping: partitions, by: \.state.rawValue).mapValues { Int64($0.count) }
    }
}

extension PartitionEnsureReport {
    /// What it says of those that failed, beside what it made.
    func combined(_ failures: SetFailures, sets: Int) -> Failure? {
        failures.combined(
            sets: sets,
            done: created == 0 ? nil : "\(created) partitions were created before or beside it, and stay."
        ) { category in category == .busy || category == .unavailable }
    }
}
