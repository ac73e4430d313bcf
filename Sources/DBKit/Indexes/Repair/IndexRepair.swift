public import Operations
import Postgres

/// `dbctl index repair`: what interrupted builds have left is dropped or built anew, and so is what has become too large.
/// A build that is alive is never touched.
public struct IndexRepair: Sendable {
    public var request: IndexRequest
    /// Rebuild B-trees of which more than this share is empty.
    public var bloat = IndexBloat.tooMuch

    public init(_ request: IndexRequest) {
        self.request = request
    }

    public func plan() async throws -> IndexRepairReport {
        try await IndexSite.look(request) { connection in
            let plan = try await look(through: connection)
            var report = IndexRepairReport(isDryRun: true, indexes: try plan.remedies.map { try $0.change(.planned) })
            for (table, indexes) in UnseenIndex.byTable(plan.unseen) where indexes.contains(where: \.isUnusable) {
                let holders = try await connection.run { try LockedTables([table], in: $0).holders(in: $0) }
                let note = "its table is locked: \(holders.first?.sentence ?? "by nobody any more")"
                report.indexes += indexes.filter(\.isUnusable).map { $0.change(.skipped, note) }
            }
            return report
        }
    }

    public func run() async throws -> IndexRepairReport {
        try await IndexSite.look(request) { connection in
            let record = request.record(on: connection)
            return try await record.keeping({ $0.counts }, failing: \.failure) {
                let plan = try await look(through: connection)
                var report = IndexRepairReport(isDryRun: false, indexes: [])
                try await mend(plan.remedies, &report)
                try await mendUnseen(plan.unseen, &report, through: connection)
                report.settle()
                return report
            }
        }
    }

    private func look(through connection: Connection) async throws -> RepairPlan {
        try await PatientLook(request, connection).run { [bloat] in try RepairPlan(bloat: bloat, in: $0) }
    }

    private func mend(_ remedies: [RepairPlan.Remedy], _ report: inout IndexRepairReport) async throws {
        for remedy in remedies {
            await report.add(try remedy.change(.failed)) { try await apply(remedy) }
        }
    }

    /// After all others, so that those do not wait for it.
    private func mendUnseen(
        _ unseen: [UnseenIndex], _ report: inout IndexRepairReport, through connection: Connection
    ) async throws {
        let deadline = ContinuousClock.now + request.wait
        for (table, indexes) in UnseenIndex.byTable(unseen) {
            let broken = indexes.filter(\.isUnusable)
            let wait = broken.isEmpty ? .zero : max(.zero, deadline - .now)
            do {
                let plan = try await PatientLook(request, connection, at: [table], wait: wait).run { [bloat] session in
                    try RepairPlan(TableIndex.read(tables: [table], in: session), bloat: bloat, in: session)
                }
                try await mend(plan.remedies, &report)
            } catch let failure as Failure where failure.code == .indexLocked {
                if broken.isEmpty { request.onEvent(.note("not looked at for bloat: \(failure.message)")) }
                for index in broken {
                    await report.add(index.change(.failed, "")) { throw failure }
                }
            } catch { throw error }
        }
    }

    private func apply(_ planned: RepairPlan.Remedy) async throws -> IndexChange {
        guard planned.kind != .skip else { return try planned.change(.skipped) }
        return try await IndexSite.with(request, table: planned.index.quotedTable(), isRecorded: false) { site in
            guard let remedy = try await site.look({ session in try planned.again(in: session) }) else {
                var change = try planned.change(.skipped)
                change.note = "mended or dropped meanwhile"
                return change
            }
            guard remedy.kind != .skip else { return try remedy.change(.skipped) }
            let begun = ContinuousClock.now
            var change = try remedy.change(remedy.kind == .drop ? .dropped : .rebuilt)
            let index = remedy.index
            switch remedy.kind {
            case .drop: try await IndexDropping(request: request, table: site.table).dropConcurrently(index)
            case .complete: try await complete(index, site)
            case .rebuild, .skip:
                try await site.look { session in try refuseRebuild(index, site.table, in: session) }
                try await IndexRebuild(request: request, table: site.table).run(index)
            }
            if remedy.kind != .drop {
                change.sizeBytes =
                    try await site.look { try TableIndex.read(index: index.oid, in: $0)?.sizeBytes }
                    ?? change.sizeBytes
            }
            change.durationS = (ContinuousClock.now - begun).seconds
            return change
        }
    }
}

extension IndexRepair {
    private func complete(_ index: TableIndex, _ site: IndexSite) async throws {
        let survey = try await site.look { session in
            try IndexSurvey(IndexBody(of: index), name: nil, isForced: true, table: site.table, in: session)
        }
        _ = try await PartitionedCreate(site: site, survey: survey).run()
    }

    /// A rebuild that cannot come to its end leaves one more INVALID index behind.
    private func refuseRebuild(_ index: TableIndex, _ table: IndexedTable, in session: Session) throws {
        if let first = try TableIndex.read(tables: [table.oid], in: session).first(where: {
            $0.isFromReindex && $0.isLeftover && $0.oid != index.oid
        }) {
            throw Failure(
                .indexLeftover,
                "\(index.label) was not rebuilt: \(first.label), which an earlier rebuild left, has to go first",
                detail: "\(index.harm).", hint: "run the same command again when nobody holds \(table.label)")
        }
        let holders = try Blocker.holders(of: [table.oid], in: session).filter {
            $0.age.map { $0 >= request.maximumWait } ?? false
        }
        guard holders.isEmpty else {
            throw Failure(
                .indexMaxWait,
                "\(index.label) was not rebuilt: \(table.label) has been held for longer than --max-wait",
                detail: "\(index.isUsable ? "" : "\(index.harm).\n")\(holders.sentences)",
                hint: "\(holders.remedy), and run the same command again")
        }
        let estimate = try IndexEstimate.read(index.oid, index.definition, of: table, in: session)
        try ServerDisk(request: request).check(estimate, for: table, in: session)
    }
}

extension RepairPlan.Remedy {
    /// What is to be done now: while this run waited for its turn, another one may have been at the index, and a build may
    /// have begun. Nil when nothing is.
    fileprivate func again(in session: Session) throws -> Self? {
        guard let now = try TableIndex.read(index: index.oid, in: session) else { return nil }
        let build = try LiveIndexBuild.find(on: now.tableOID, in: session)
        if now.needsRepair { return RepairPlan.remedy(of: now, build: build) }
        // It was bloated, and still is what it was.
        guard !index.needsRepair, now.sizeBytes >= index.sizeBytes else { return nil }
        return build.map { RepairPlan.skipping(now, $0) } ?? Self(index: now, kind: kind, why: why)
    }
}

/// The result of `dbctl index repair`.
public struct IndexRepairReport: Sendable, Encodable, SeveralIndexes {
    public var isDryRun: Bool
    public var indexes: [IndexChange]
    /// The first that went wrong; the others were gone on with.
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case indexes
    }
}
