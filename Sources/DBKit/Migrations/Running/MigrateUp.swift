import Operations
import Postgres

/// `dbctl migrate up`: applies what is pending, in order, each migration as a whole.
public struct MigrateUp: Sendable {
    public var request: MigrationRequest
    public var folder: MigrationFolder
    /// Nothing above this version.
    public var limit: MigrationVersion?
    /// Applies late ones with a version lower than what is applied already.
    public var allowsOutOfOrder = false

    public init(_ request: MigrationRequest, folder: MigrationFolder) {
        self.request = request
        self.folder = folder
    }

    /// - Throws: What was found before anything ran. What fails later is in the report, beside what was applied.
    public func run() async throws -> MigrationReport {
        let sections = try PreparedFolder(folder)
        return try await MigrationSite.with(request) { site in
            let work = try await MigrationAgenda(
                Reconciliation(folder, site.history), folder: folder, limit: limit, allowsOutOfOrder: allowsOutOfOrder,
                connection: site.connection)
            var report = MigrationReport(warnings: work.warnings)
            guard !work.items.isEmpty else { return report }
            try sections.check(work.items, isPooled: site.isPooled)
            try await site.begin()
            do {
                for item in work.items {
                    try await site.checkLock()
                    report.applied.append(try await apply(item, sections, on: site))
                    await site.count("applied")
                }
                if limit == nil, let hook = sections.afterAll { try await runAfterAll(hook, on: site) }
            } catch {
                guard !report.applied.isEmpty else { throw error }
                let failure = Failure(describing: error)
                report.failure = failure
                report.pending = work.items.count - report.applied.count
                await site.note(failure)
            }
            return report
        }
    }

    private func apply(
        _ item: MigrationAgenda.Item, _ sections: PreparedFolder, on site: MigrationSite
    ) async throws -> MigrationReport.Entry {
        let begun = ContinuousClock.now
        let repeated = try await SectionRun(
            request: request, connection: site.connection, migration: item.migration,
            section: try sections.up(item.migration), direction: .up, hook: sections.beforeEach,
            foreignLocks: site.foreignLocks, start: item.start
        ).run()
        return MigrationReport.Entry(
            item.migration, item.migration.up.statements.count, duration: ContinuousClock.now - begun,
            retries: repeated,
            resumedAt: item.start.map { $0 + 1 })
    }

    private func runAfterAll(_ hook: SegmentedSection, on site: MigrationSite) async throws {
        try await site.connection.run { session in
            do {
                try session.transaction { session in
                    for place in hook.kinds.indices { try hook.section.send(place, in: session) }
                    try session.resetForCommit()
                }
            } catch let error as PostgresError {
                throw Failure(error, while: "\(hook.section.path) (all migrations are applied)")
            }
            try session.reset()
        }
    }
}
