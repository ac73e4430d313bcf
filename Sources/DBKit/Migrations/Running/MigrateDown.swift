import Operations
import Postgres

/// `dbctl migrate down` and `redo`: undoes the newest migrations by their down sections.
public struct MigrateDown: Sendable {
    public enum Extent: Sendable, Hashable {
        /// The newest so many.
        case steps(Int)
        /// All above this version.
        case to(MigrationVersion)
    }

    public var request: MigrationRequest
    public var folder: MigrationFolder
    public var extent: Extent
    /// Applies again what was undone.
    public var appliesAgain = false

    public init(_ request: MigrationRequest, folder: MigrationFolder, extent: Extent) {
        self.request = request
        self.folder = folder
        self.extent = extent
    }

    /// What ``run()`` would do. Writes nothing.
    public func preview() async throws -> MigrationReport {
        try await Connection.with(request.server, settings: request.settings) { connection in
            let history = try await connection.run { session in
                try session.transaction(.readOnly) { session in try MigrationHistory.read(in: session) }
            }
            let items = try agenda(history)
            var report = MigrationReport(isDryRun: true)
            report.undone = items.map { MigrationReport.Entry($0.migration, $0.section.section.statements.count) }
            if appliesAgain {
                report.applied = items.reversed().map { .init($0.migration, $0.migration.up.statements.count) }
            }
            return report
        }
    }

    /// - Throws: What was found before anything was undone. What fails later is in the report.
    public func run() async throws -> MigrationReport {
        try await MigrationSite.with(request) { site in
            let items = try agenda(site.history)
            let again =
                try appliesAgain ? items.reversed().map { ($0.migration, try SegmentedSection($0.migration.up)) } : []
            if site.isPooled {
                for item in items { try item.section.checkPooled(item.migration) }
                for (migration, section) in again { try section.checkPooled(migration) }
            }
            var report = MigrationReport()
            guard !items.isEmpty else { return report }
            try await site.begin()
            do {
                for item in items {
                    report.undone.append(try await run(item.migration, item.section, .down, item.start, on: site))
                    await site.count("undone")
                }
                for (migration, section) in again {
                    report.applied.append(try await run(migration, section, .up, nil, on: site))
                    await site.count("applied")
                }
            } catch {
                guard !report.undone.isEmpty else { throw error }
                let failure = Failure(describing: error)
                report.failure = failure
                report.pending = items.count + again.count - report.undone.count - report.applied.count
                await site.note(failure)
            }
            return report
        }
    }

    private func run(
        _ migration: Migration, _ section: SegmentedSection, _ direction: SectionRun.Direction, _ start: Int?,
        on site: MigrationSite
    ) async throws -> MigrationReport.Entry {
        try await site.checkLock()
        let begun = ContinuousClock.now
        let repeated = try await SectionRun(
            request: request, connection: site.connection, migration: migration, section: section,
            direction: direction, foreignLocks: site.foreignLocks, start: start
        ).run()
        return MigrationReport.Entry(
            migration, section.section.statements.count, duration: ContinuousClock.now - begun, retries: repeated,
            resumedAt: start.map { $0 + 1 })
    }

    private struct Item: Sendable {
        var migration: Migration
        var section: SegmentedSection
        var start: Int?
    }

    /// What is to be undone, newest first. All of it can be undone, or nothing is begun.
    private func agenda(_ history: [AppliedMigration]) throws(Failure) -> [Item] {
        if case .to(let version) = extent, !history.contains(where: { $0.version == version }) {
            throw Failure(
                .migrationNotFound, "version \(version) is not applied", hint: "dbctl migrate status lists what is")
        }
        var wanted = history.filter { $0.version != nil }.sorted { AppliedMigration.precedes($1, $0) }
        if let partial = wanted.first(where: { $0.state == .partial }) {
            throw Failure(
                .migrationPartial, "\(partial.label) is half applied, and a half cannot be undone",
                hint: "finish it first: dbctl migrate up")
        }
        switch extent {
        case .steps(let count): wanted = Array(wanted.prefix(count))
        case .to(let version): wanted = wanted.filter { applied in applied.version.map { $0 > version } ?? false }
        }
        var items: [Item] = []
        for applied in wanted { items.append(try item(applied)) }
        return items
    }

    private func item(_ applied: AppliedMigration) throws(Failure) -> Item {
        guard let migration = folder.versioned.first(where: { $0.version == applied.version }) else {
            throw Failure(
                .migrationNotFound, "\(applied.label) cannot be undone: its file is gone",
                detail: "Nothing was undone.", hint: "put the file back")
        }
        guard let down = migration.down, !down.statements.isEmpty else {
            throw Failure(
                .migrationNoDown, "\(migration.label) cannot be undone: it has no down section",
                detail: "Nothing was undone.", hint: migration.downHint)
        }
        guard applied.checksum == migration.source.checksum else {
            throw Failure(
                .migrationEdited, "edited since it was applied: \(migration.label)",
                detail: "Its down section may not fit what was applied. Nothing was undone.",
                hint: "undo the edit, or accept it with dbctl migrate rebless \(applied.key)")
        }
        return Item(
            migration: migration, section: try SegmentedSection(down),
            start: applied.state == .undoing ? max(0, (applied.resumeAt ?? 1) - 1) : nil)
    }
}

extension FailureCode {
    static let migrationNoDown = FailureCode("migrate.no_down", .notFound)
}
