public import Indexes
public import Operations
public import Partitions

/// `dbctl partition ensure` where `indexes:` declares some for the same tables: a partition brings those with it that its
/// parent has, and what the parent itself lacks, or has not everywhere, is built afterwards, CONCURRENTLY.
public struct EnsureWithIndexes: Sendable {
    public var ensure: PartitionEnsure
    public var request: IndexRequest
    /// All that are declared; those of other tables are left alone.
    public var declared: [IndexSpecification]

    public init(_ ensure: PartitionEnsure, _ request: IndexRequest, declared: [IndexSpecification]) {
        self.ensure = ensure
        self.request = request
        self.declared = declared
    }

    public func plan() async throws -> EnsureWithIndexesReport {
        let partitions = try await ensure.plan()
        let wanted = wanted(after: partitions)
        guard !wanted.isEmpty else { return EnsureWithIndexesReport(partitions: partitions) }
        let indexes = try await IndexApply(request, declared: wanted).plan()
        return EnsureWithIndexesReport(partitions: partitions, indexes: indexes.indexes)
    }

    public func run() async throws -> EnsureWithIndexesReport {
        var report = EnsureWithIndexesReport(partitions: try await ensure.run())
        let wanted = wanted(after: report.partitions)
        guard !wanted.isEmpty else { return report }
        do {
            // A look first: with nothing to do no lock is taken, and nothing is recorded.
            let look = try await IndexApply(request, declared: wanted).plan()
            report.indexes = look.indexes
            guard look.indexes.contains(where: { $0.state == .planned }) else { return report }
            let applied = try await IndexApply(request, declared: wanted).run(dropping: .none)
            report.indexes = applied.indexes
            if let failure = applied.failure { throw failure }
        } catch {
            let failure = Failure(describing: error)
            guard failure.category != .interrupted, failure.category != .terminated else { throw failure }
            report.indexFailure = failure
        }
        return report
    }

    /// Of the tables that were maintained.
    private func wanted(after report: PartitionEnsureReport) -> [IndexSpecification] {
        let tables = ensure.declared.map(\.table).filter { ensure.table == nil || Self.isSame($0, ensure.table ?? "") }
        let broken = Set(report.sets.filter { $0.error != nil }.map(\.table))
        return declared.filter { specification in
            tables.contains { Self.isSame($0, specification.table) }
                && !broken.contains { Self.isSame($0, specification.table) }
        }
    }

    /// `public.prices` and `prices`: more than one is meant at the worst, and each is declared.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        let (first, second) = (left.split(separator: "."), right.split(separator: "."))
        return first.last == second.last && (first.count != second.count || first == second)
    }
}

/// The result of `dbctl partition ensure`.
public struct EnsureWithIndexesReport: Sendable, Encodable {
    public var partitions: PartitionEnsureReport
    /// What became of the declared indexes of these tables.
    public var indexes: [IndexChange] = []
    var indexFailure: Failure?

    public init(partitions: PartitionEnsureReport) {
        self.partitions = partitions
    }

    init(partitions: PartitionEnsureReport, indexes: [IndexChange]) {
        self.partitions = partitions
        self.indexes = indexes
    }

    /// That of the partitions counts before that of the indexes.
    public var failure: Failure? {
        if let failure = partitions.failure { return failure }
        guard var failure = indexFailure else { return nil }
        failure.message = "the partitions are there, an index of theirs is not: \(failure.message)"
        failure.category = .partial
        return failure
    }

    private enum CodingKeys: String, CodingKey { case indexes }

    /// One document: the partitions', with the indexes in it.
    public func encode(to encoder: any Encoder) throws {
        try partitions.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(indexes, forKey: .indexes)
    }
}
