import Operations
import Postgres

/// `dbctl migrate rebless V`: accepts the text that an applied file has now.
public struct MigrateRebless: Sendable {
    public var request: MigrationRequest
    public var folder: MigrationFolder
    public var version: MigrationVersion
    public var isDryRun = false

    public init(_ request: MigrationRequest, folder: MigrationFolder, version: MigrationVersion) {
        self.request = request
        self.folder = folder
        self.version = version
    }

    public func run() async throws -> HistoryReport {
        guard let migration = folder.versioned.first(where: { $0.version == version }) else {
            throw Failure(
                .migrationNotFound, "there is no file with version \(version)",
                hint: "dbctl migrate status lists what there is")
        }
        return try await MigrationSite.with(request, isDryRun: isDryRun) { site in
            guard let applied = site.history.first(where: { $0.version == version }) else {
                throw Failure(
                    .migrationNotFound, "\(migration.label) is not applied, so there is nothing to accept",
                    hint: "dbctl migrate status lists what is")
            }
            guard applied.state == .applied else {
                throw Failure(
                    .migrationPartial, "\(migration.label) is half done", hint: "finish it first: dbctl migrate up")
            }
            var report = HistoryReport(isDryRun: isDryRun)
            guard applied.checksum != migration.source.checksum else { return report }
            report.changes = [
                .init(
                    version: migration.key, name: migration.name,
                    change: "checksum \(applied.checksum.prefix(12)) → \(migration.source.checksum.prefix(12))")
            ]
            guard !isDryRun else { return report }
            try await site.begin()
            try await site.connection.run { session in
                try session.transaction { session in try MigrationHistory.rebless(migration, in: session) }
            }
            await site.count("reblessed")
            return report
        }
    }
}
