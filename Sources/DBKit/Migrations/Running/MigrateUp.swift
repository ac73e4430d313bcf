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
    /// Runs files that another tool's history in this database has as applied.
    public var ignoresForeignHistory = false
    /// Written after the migrations; nil where there is none.
    public var schemaFile: SchemaFile?

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
            let afterAll = limit == nil ? sections.afterAll : nil
            let debts = try await site.debts()
            guard !work.items.isEmpty || afterAll != nil && debts.hook else {
                if debts.schemaFile || schemaFile?.isMissing() == true {
                    await writeSchema(&report, settling: debts, on: site)
                }
                return report
            }
            try await refuseForeign(site.history, site.connection)
            try sections.check(work.items, isPooled: site.isPooled)
            try await site.begin()
            do {
                for item in work.items {
                    try await site.checkLock()
                    report.applied.append(try await apply(item, sections, on: site))
                    await site.count("applied")
                }
                if let afterAll { try await runAfterAll(afterAll, on: site) }
            } catch {
                guard !report.applied.isEmpty else { throw error }
                report.pending = work.items.count - report.applied.count
                await site.note(report.stop(error))
            }
            await writeSchema(&report, on: site)
            return report
        }
    }

    /// The migrations are applied whatever comes of it. Nobody else is at them meanwhile.
    ///
    /// - Parameter debts: Of an earlier run, when this one has changed nothing.
    private func writeSchema(
        _ report: inout MigrationReport, settling debts: MigrationDebts? = nil, on site: MigrationSite
    ) async {
        guard let schemaFile else { return }
        do {
            report.dump = try await schemaFile.write()
            // A role that may not note it writes the file again the next time.
            if debts?.schemaFile == true { try? await site.begin() }
            await site.count(MigrationDebts.schemaFileCount)
        } catch {
            let failure = Failure(describing: error)
            let reason = [failure.message, failure.detail].compactMap(\.self).joined(separator: ": ")
            report.warnings.append(
                (["the schema file was not written: \(reason.split(separator: "\n").joined(separator: "; "))"]
                    + [failure.hint].compactMap(\.self)).joined(separator: "; "))
        }
    }

    /// Another tool has applied some of these files already, and its history was not taken over: to run them again would
    /// do everything twice.
    func refuseForeign(_ history: [AppliedMigration], _ connection: Connection) async throws {
        guard history.isEmpty, !ignoresForeignHistory else { return }
        let found = try await connection.run { [folder] session in
            try session.transaction(.readOnly) { session in try ForeignApplied.find(folder, in: session) }
        }
        if let found { throw found.refusal }
    }

    private func apply(
        _ item: MigrationAgenda.Item, _ sections: PreparedFolder, on site: MigrationSite
    ) async throws -> MigrationReport.Entry {
        let begun = ContinuousClock.now
        let repeated = try await SectionRun(
            request: request, connection: site.connection, migration: item.migration,
            section: try sections.up(item.migration), direction: .up, hook: sections.beforeEach,
            foreignLocks: site.foreignLocks, start: item.start, inFlight: item.inFlight
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
                var failure = Failure(error, while: hook.section.path)
                failure.code = .migrationAfterAll
                failure.category = .partial
                failure.hint =
                    "all migrations are applied; mend \(hook.section.path), and run the same command again: it runs then"
                throw failure
            }
            try session.reset()
        }
    }
}

extension FailureCode {
    static let migrationAfterAll = FailureCode("migrate.after_all", .partial)
}
