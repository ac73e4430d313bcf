public import Operations
import Postgres

/// `dbctl index repair`: what interrupted builds have left is dropped or built anew, and on request what has become too
/// large. A build that is alive is never touched.
public struct IndexRepair: Sendable {
    public var request: IndexRequest
    /// Rebuild B-trees of which more than this share is empty; nil: none.
    public var bloat: Double?

    public init(_ request: IndexRequest) {
        self.request = request
    }

    public func plan() async throws -> IndexRepairReport {
        try await IndexSite.look(request) { connection in
            let remedies = try await connection.run { session in try RepairPlan(bloat: bloat, in: session).remedies }
            return IndexRepairReport(isDryRun: true, indexes: try remedies.map { try $0.change(.planned) })
        }
    }

    public func run() async throws -> IndexRepairReport {
        try await IndexSite.look(request) { connection in
            let record = RunRecord(request: request, connection: connection)
            return try await record.keeping({ (report: IndexRepairReport) in report.counts }) {
                let remedies = try await connection.run { session in try RepairPlan(bloat: bloat, in: session).remedies
                }
                var report = IndexRepairReport(isDryRun: false, indexes: [])
                for remedy in remedies {
                    guard report.failure?.category != .interrupted else { break }
                    do {
                        report.indexes.append(try await apply(remedy))
                    } catch {
                        let failure = Failure(describing: error)
                        var change = try remedy.change(failure.code == .indexBeingBuilt ? .skipped : .failed)
                        change.note = failure.message
                        report.indexes.append(change)
                        if failure.code != .indexBeingBuilt { report.failure = report.failure ?? failure }
                    }
                }
                return report
            }
        }
    }

    private func apply(_ remedy: RepairPlan.Remedy) async throws -> IndexChange {
        guard remedy.kind != .skip else { return try remedy.change(.skipped) }
        let index = remedy.index
        return try await IndexSite.with(request, table: index.quotedTable(), isRecorded: false) { site in
            // A build that began meanwhile makes this one alive.
            if let build = try await site.connection.run({ try LiveBuild.find(on: index.tableOID, in: $0) }) {
                throw build.failure(index.tableLabel)
            }
            let begun = ContinuousClock.now
            var change = try remedy.change(remedy.kind == .drop ? .dropped : .rebuilt)
            if remedy.kind == .drop {
                try await IndexDropping(request: request, table: site.table).dropConcurrently(index)
            } else {
                try await IndexRebuild(request: request, table: site.table).run(index)
                change.sizeBytes =
                    try await site.connection.run { try TableIndex.read(index: index.oid, in: $0)?.sizeBytes }
                    ?? change.sizeBytes
            }
            change.durationS = (ContinuousClock.now - begun).seconds
            return change
        }
    }
}

/// The result of `dbctl index repair`.
public struct IndexRepairReport: Sendable, Encodable {
    public var isDryRun: Bool
    public var indexes: [IndexChange]
    /// The first that went wrong; the others were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "is_dry_run"
        case indexes
    }

    var counts: [String: Int64] {
        Dictionary(grouping: indexes, by: \.state.rawValue).mapValues { Int64($0.count) }
    }
}
