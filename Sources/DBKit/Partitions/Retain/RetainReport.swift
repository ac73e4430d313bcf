public import Operations

/// What became of one partition that was past keeping.
public struct RetainedPartition: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        /// A dry run: what its statements say would be done.
        case planned
        /// An interrupted DETACH was finished, of somebody else's.
        case finalized
        /// It is a table of its own now, and stays.
        case detached
        case dropped
        /// Its rows are in the set, proven, and it was dropped.
        case archived
        /// It looks as if it could go, and stays.
        case kept
        case failed
    }

    public var schema: String
    /// The partitioned table, with its schema.
    public var table: String
    public var name: String
    /// Nil for MINVALUE, and where it is not known.
    public var lower: String?
    public var upper: String?
    public var action: PartitionDeclaration.Expiry
    public var state: State
    public var rowEstimate: Int64
    public var sizeBytes: Int64
    /// Counted, when it was archived.
    public var rows: Int64?
    public var checksum: String?
    /// The backup set that holds its rows.
    public var set: String?
    public var statements: [String]
    public var note: String?
    /// Of a dry run: which table is meant.
    var oid: Int64 = 0

    enum CodingKeys: String, CodingKey {
        case schema, table, name, lower, upper
        case action = "on_expire"
        case state
        case rowEstimate = "row_estimate"
        case sizeBytes = "size_bytes"
        case rows, checksum, set, statements, note
    }
}

/// What became of one set.
public struct RetainedTable: Sendable, Hashable, Codable {
    public var table: String
    public var keep: String?
    public var action: PartitionDeclaration.Expiry
    /// The first value that is kept; nil where everything is.
    public var cut: String?
    /// How many partitions are past keeping, those that are left from earlier runs included.
    public var expired: Int
    public var error: String?

    enum CodingKeys: String, CodingKey {
        case table, keep
        case action = "on_expire"
        case cut, expired, error
    }
}

/// The result of `dbctl partition retain`.
public struct PartitionRetainReport: Sendable, Encodable {
    public var isDryRun: Bool
    public var partitions: [RetainedPartition] = []
    public var sets: [RetainedTable] = []
    public var notes: [String] = []
    /// The first that went wrong; the other sets were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "is_dry_run"
        case partitions, sets, notes
    }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    /// Of a dry run: what a run would have to do.
    public var isEmpty: Bool { !partitions.contains { $0.state == .planned } }

    /// Of a dry run: which tables somebody consents to when he consents to it.
    public var consented: Set<Int64> { Set(partitions.filter { $0.state == .planned }.map(\.oid)) }

    var counts: [String: Int64] {
        var counts = Dictionary(grouping: partitions, by: \.state.rawValue).mapValues { Int64($0.count) }
        let archived = partitions.filter { $0.state == .archived }
        if !archived.isEmpty { counts["archived_rows"] = archived.reduce(0) { $0 + ($1.rows ?? 0) } }
        return counts
    }

    /// Something is other than it was.
    var hasChanged: Bool {
        partitions.contains { [.finalized, .detached, .dropped, .archived].contains($0.state) }
    }
}

extension PartitionRetainReport {
    /// The failures of several sets as one. Pure.
    static func combined(_ failures: [(table: String, failure: Failure)], sets: Int, hasChanged: Bool) -> Failure? {
        guard let (table, first) = failures.first else { return nil }
        guard sets > 1 else {
            guard hasChanged, first.category != .partial else { return first }
            var failure = first
            failure.message = "some partitions of \(table) are done, then it stopped: \(first.message)"
            (failure.code, failure.category) = (.partitionPartial, .partial)
            return failure
        }
        let sentences = failures.map { "\($0.table): \($0.failure.code.name): \($0.failure.message)" }
        guard failures.count < sets || hasChanged else {
            var failure = first
            if sentences.count > 1 { failure.add(detail: sentences.dropFirst().joined(separator: "\n")) }
            return failure
        }
        return Failure(
            .partitionPartial,
            "\(failures.count) of \(sets) tables could not be done: \(failures.map(\.table).joined(separator: ", "))",
            detail: (["The others are done."] + sentences).joined(separator: "\n"),
            hint: first.hint.map { "\(table): \($0)" })
    }
}
