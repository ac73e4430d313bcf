import Operations
import Postgres

/// `dbctl migrate repair`: removes what interrupted runs have left, and on request takes a migration out of the
/// history whose work somebody undid by hand.
public struct MigrateRepair: Sendable {
    public var request: MigrationRequest
    /// Its key in the history.
    public var forgotten: String?
    /// Of a half done migration: the statement that was under way is done.
    public var done: String?
    /// Of a half done migration: the statement that was under way is not done, and is to be run again.
    public var again: String?
    public var isDryRun = false

    public init(_ request: MigrationRequest) {
        self.request = request
    }

    public func run() async throws -> HistoryReport {
        try await MigrationSite.with(request, isDryRun: isDryRun) { site in
            var report = HistoryReport(isDryRun: isDryRun)
            let row = try forgotten.map { key throws(Failure) in try find(key, site.history) }
            let left = try await site.connection.run { session in try InvalidIndex.left(in: session) }
            report.changes = left.map {
                .init(version: "", name: $0.label, change: "INVALID index of an interrupted run, dropped")
            }
            if let row {
                report.changes.append(.init(version: row.key, name: row.name, change: "taken out of the history"))
            }
            let settled = try [(done, 1), (again, 0)].compactMap { key, step in
                try key.map { try Settlement(find($0, site.history), step: step) }
            }
            report.changes += settled.map(\.change)
            guard !isDryRun, !report.changes.isEmpty else { return report }
            try await site.begin()
            try await site.connection.run { session in
                for index in left { try index.drop(in: session, within: request.maximumWait) }
                try session.transaction { session in
                    for settlement in settled { try settlement.write(in: session) }
                }
                if let row { try session.transaction { session in try MigrationHistory.forget(row.key, in: session) } }
            }
            await site.count("repaired", Int64(report.changes.count))
            return report
        }
    }

    private func find(_ key: String, _ history: [AppliedMigration]) throws(Failure) -> AppliedMigration {
        let version = MigrationVersion(key)
        if let row = history.first(where: { $0.key == key || version != nil && $0.version == version }) { return row }
        throw Failure(
            .migrationNotFound, "\(key) is not in the history", hint: "dbctl migrate status lists what is")
    }
}

/// What somebody says of a statement whose run died while it was under way.
private struct Settlement: Sendable {
    let row: AppliedMigration
    /// Counted from 1; nil: that was the last one.
    let resumeAt: Int?

    init(_ row: AppliedMigration, step: Int) throws(Failure) {
        guard let place = row.resumeAt else {
            throw Failure(
                .migrationNotFound, "\(row.label) is not half done: there is no statement to settle",
                hint: "dbctl migrate status lists what is")
        }
        self.row = row
        let next = place + step
        // How many the down section has is not recorded: going on behind its end undoes nothing more.
        resumeAt = row.state == .partial && next > row.statements ? nil : next
    }

    var change: HistoryReport.Change {
        .init(
            version: row.key, name: row.name,
            change: resumeAt.map { "goes on at statement \($0)" } ?? "all of it is done: applied")
    }

    func write(in session: Session) throws {
        try MigrationHistory.settle(row.key, resumeAt: resumeAt, in: session)
    }
}
