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

        var isDone: Bool { [.finalized, .detached, .dropped, .archived].contains(self) }
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
    /// Nil where no ANALYZE has looked yet.
    public var rowEstimate: Int64?
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
    /// How many partitions were past keeping when the run began, those included that earlier runs have left detached or half
    /// detached.
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
        case isDryRun = "dry_run"
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
}

extension PartitionRetainReport {
    /// What it says of those that failed, beside what it did.
    func combined(_ failures: SetFailures, sets: Int) -> Failure? {
        let done = partitions.count { $0.state.isDone }
        return failures.combined(
            sets: sets, done: done == 0 ? nil : "\(done) partitions were done before or beside it."
        ) { _ in true }
    }
}
