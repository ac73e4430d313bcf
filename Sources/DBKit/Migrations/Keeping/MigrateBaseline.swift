import Operations
import Postgres

/// `dbctl migrate baseline V`: a database that had its schema before dbctl came.
public struct MigrateBaseline: Sendable {
    public var request: MigrationRequest
    public var folder: MigrationFolder
    public var version: MigrationVersion
    /// Also where the history is not empty.
    public var isForced = false
    public var isDryRun = false

    public init(_ request: MigrationRequest, folder: MigrationFolder, version: MigrationVersion) {
        self.request = request
        self.folder = folder
        self.version = version
    }

    public func run() async throws -> HistoryReport {
        guard folder.versioned.contains(where: { $0.version == version }) else {
            throw Failure(
                .migrationNotFound, "there is no migration with version \(version)",
                hint: "dbctl migrate status lists what there is")
        }
        return try await MigrationSite.with(request, isDryRun: isDryRun) { site in
            guard site.history.isEmpty || isForced else {
                throw Failure(
                    .migrationHistoryNotEmpty,
                    "the history of this database begins already: \(site.history.count) migrations",
                    detail: "Nothing was changed.",
                    hint:
                        "look with dbctl migrate status; to record what is missing up to \(version) all the same, add --yes"
                )
            }
            if let partial = site.history.first(where: { $0.state != .applied }) {
                throw Failure(
                    .migrationPartial, "\(partial.label) is half done", detail: "Nothing was changed.",
                    hint:
                        "finish it with dbctl migrate up; or, when its work was done by hand, dbctl migrate repair --done \(partial.key)"
                )
            }
            let known = Set(site.history.compactMap(\.version))
            let wanted = folder.versioned.filter { migration in
                guard let own = migration.version else { return false }
                return own <= version && !known.contains(own)
            }
            let report = HistoryReport(
                isDryRun: isDryRun,
                changes: wanted.map { .init(version: $0.key, name: $0.name, change: "recorded as applied, not run") })
            guard !isDryRun, !wanted.isEmpty else { return report }
            try await site.begin()
            try await site.connection.run { session in
                try session.transaction { session in
                    let done = MigrationHistory.Progress(state: .applied, resumeAt: nil, duration: .zero)
                    for migration in wanted {
                        try MigrationHistory.record(migration, done, run: request.run.id, in: session)
                    }
                }
            }
            await site.count("recorded", Int64(wanted.count))
            return report
        }
    }
}

extension FailureCode {
    static let migrationHistoryNotEmpty = FailureCode("migrate.history_not_empty", .guarded)
}
