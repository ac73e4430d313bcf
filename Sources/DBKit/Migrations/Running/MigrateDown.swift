import Operations
import Postgres

/// `dbctl migrate down` and `redo`: undoes the newest migrations by their down sections.
public struct MigrateDown: Sendable {
    public enum Extent: Sendable, Hashable {
        /// The newest so many.
        case steps(Int)
        /// All above this version; 0 is below all of them.
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

    /// What ``run()`` would do. Writes nothing: its session is read only.
    public func preview() async throws -> MigrationReport {
        var settings = request.settings
        settings.isReadOnly = true
        return try await Connection.with(request.server, settings: settings) { connection in
            let history = try await connection.run { session in
                try session.transaction(.readOnly) { session in try MigrationHistory.read(in: session) }
            }
            let items = try await agenda(history, connection)
            let again = try again(items)
            var report = MigrationReport(isDryRun: true)
            report.undone = items.map { MigrationReport.Entry($0.migration, $0.section.section.statements.count) }
            report.applied = again.map { .init($0.migration, $0.migration.up.statements.count) }
            let steps =
                items.map { MigrationPlan.Step($0.migration, $0.section, .down, start: $0.start) }
                + again.map { MigrationPlan.Step($0.migration, $0.section, .up) }
            report.plan = try await connection.run { session in
                for step in steps { try step.section.check(step.migration, isPooled: session.isPooled) }
                return try session.transaction(.readOnly) { session in
                    try MigrationPlan.items(steps, in: session)
                }
            }
            return report
        }
    }

    /// - Throws: What was found before anything was undone. What fails later is in the report.
    public func run() async throws -> MigrationReport {
        try await MigrationSite.with(request) { site in
            let items = try await agenda(site.history, site.connection)
            let again = try again(items)
            for item in items + again { try item.section.check(item.migration, isPooled: site.isPooled) }
            var report = MigrationReport()
            guard !items.isEmpty else { return report }
            try await site.begin()
            do {
                for item in items {
                    report.undone.append(try await run(item, .down, on: site))
                    await site.count("undone")
                }
                for item in again {
                    report.applied.append(try await run(item, .up, on: site))
                    await site.count("applied")
                }
            } catch {
                guard !report.undone.isEmpty else { throw error }
                report.pending = items.count + again.count - report.undone.count - report.applied.count
                await site.note(report.stop(error))
            }
            return report
        }
    }

    private func run(
        _ item: Item, _ direction: SectionRun.Direction, on site: MigrationSite
    ) async throws -> MigrationReport.Entry {
        try await site.checkLock()
        let begun = ContinuousClock.now
        let repeated = try await SectionRun(
            request: request, connection: site.connection, migration: item.migration, section: item.section,
            direction: direction, foreignLocks: site.foreignLocks, start: item.start, inFlight: item.inFlight
        ).run()
        return MigrationReport.Entry(
            item.migration, item.section.section.statements.count, duration: ContinuousClock.now - begun,
            retries: repeated, resumedAt: item.start.map { $0 + 1 })
    }

    private struct Item: Sendable {
        var migration: Migration
        var section: SegmentedSection
        var start: Int?
        var inFlight = SectionRun.InFlight.no
    }

    /// What is to be applied again once these are undone.
    private func again(_ items: [Item]) throws -> [Item] {
        guard appliesAgain else { return [] }
        return try items.reversed().map {
            Item(migration: $0.migration, section: try SegmentedSection($0.migration.up))
        }
    }

    /// What is to be undone, newest first. All of it can be undone, or nothing is begun.
    private func agenda(_ history: [AppliedMigration], _ connection: Connection) async throws -> [Item] {
        if case .to(let version) = extent, !version.isZero, !history.contains(where: { $0.version == version }) {
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
        for applied in wanted {
            var text: MigrationHistory.Text?
            if applied.state == .undoing {
                text = try await connection.run { session in
                    try MigrationHistory.text(of: applied.checksum, in: session)
                }
            }
            items.append(try item(applied, text))
        }
        return items
    }

    /// - Parameter text: Of one that is half undone: what is left of it may be mended.
    private func item(_ applied: AppliedMigration, _ text: MigrationHistory.Text?) throws(Failure) -> Item {
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
        if applied.state == .undoing { return try resumed(applied, migration, down, text) }
        guard applied.checksum == migration.source.checksum else {
            throw Failure(
                .migrationEdited, "edited since it was applied: \(migration.label)",
                detail: "Its down section may not fit what was applied. Nothing was undone.",
                hint: "undo the edit, or accept it with dbctl migrate rebless \(applied.key)")
        }
        return Item(migration: migration, section: try SegmentedSection(down))
    }

    private func resumed(
        _ applied: AppliedMigration, _ migration: Migration, _ down: MigrationSection, _ text: MigrationHistory.Text?
    ) throws(Failure) -> Item {
        let done = max(0, (applied.resumeAt ?? 1) - 1)
        let new = down.statementChecksums
        if let old = text?.down, Array(old.prefix(done)) != Array(new.prefix(done)) {
            throw Failure(
                .migrationEdited, "\(down.path): what is undone already was edited since",
                detail: "The first \(done) statements of its down section are done; only what follows may be changed.",
                hint: "put them back as they were, and run the same command again")
        }
        let isSame = text?.down.map { done < new.count && done < $0.count && $0[done] == new[done] } ?? true
        return Item(
            migration: migration, section: try SegmentedSection(down), start: done,
            inFlight: applied.isInFlight ? isSame ? .yes : .changed : .no)
    }
}

extension FailureCode {
    static let migrationNoDown = FailureCode("migrate.no_down", .notFound)
}
