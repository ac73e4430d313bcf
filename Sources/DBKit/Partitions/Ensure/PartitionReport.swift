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
        case isDryRun = "is_dry_run"
        case created, partitions, sets, statements, notes
    }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    var counts: [String: Int64] {
        Dictionary(grouping: partitions, by: \.state.rawValue).mapValues { Int64($0.count) }
    }
}

/// The failures of several sets as one. Pure.
struct SetFailures: Sendable {
    private(set) var all: [(table: String, failure: Failure)] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ table: String, _ failure: Failure) {
        all.append((table, failure))
    }

    /// - Parameters:
    ///   - sets: How many there are in all.
    ///   - created: How many partitions this run has made.
    func combined(sets: Int, created: Int) -> Failure? {
        guard let table = all.first?.table, var failure = all.first?.failure else { return nil }
        let made = created == 0 ? nil : "\(created) partitions were created before or beside it, and stay."
        if sets == 1 {
            guard created > 0 else { return failure }
            if let made { failure.add(detail: made) }
            // 75 and 69 would say that nothing was changed.
            guard failure.category == .busy || failure.category == .unavailable else { return failure }
            failure.message = "a part of the partitions of \(table) is there, then it stopped: \(failure.message)"
            failure.code = .partitionPartial
            failure.category = .partial
            return failure
        }
        let names = all.map { "\($0.table): \($0.failure.code.name): \($0.failure.message)" }
        guard all.count < sets || created > 0 || all.contains(where: { $0.failure.category == .partial }) else {
            failure.add(detail: names.dropFirst().joined(separator: "\n"))
            return failure
        }
        return Failure(
            .partitionPartial,
            "\(all.count) of \(sets) tables could not be maintained: \(all.map(\.table).joined(separator: ", "))",
            detail: ([all.count < sets ? "The others are complete." : nil, made].compactMap(\.self) + names)
                .joined(separator: "\n"),
            hint: failure.hint.map { "\(table): \($0)" })
    }
}
