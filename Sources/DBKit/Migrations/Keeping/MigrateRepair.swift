import Operations
import Postgres

/// `dbctl migrate repair`: removes what interrupted runs have left, and on request takes a migration out of the
/// history whose work somebody undid by hand.
public struct MigrateRepair: Sendable {
    public var request: MigrationRequest
    /// Its key in the history.
    public var forgotten: String?
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
            guard !isDryRun, !report.changes.isEmpty else { return report }
            try await site.begin()
            try await site.connection.run { session in
                for index in left { try index.drop(in: session) }
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
