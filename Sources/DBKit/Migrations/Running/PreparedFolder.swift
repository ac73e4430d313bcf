import Operations

/// A folder whose sections are cut into segments: whatever cannot be run is found before anything is.
struct PreparedFolder: Sendable {
    private var ups: [String: SegmentedSection] = [:]
    private(set) var beforeEach: SegmentedSection?
    private(set) var afterAll: SegmentedSection?

    init(_ folder: MigrationFolder) throws(Failure) {
        for migration in folder.versioned + folder.repeatables {
            ups[migration.key] = try SegmentedSection(migration.up)
        }
        beforeEach = try Self.hook(folder.beforeEach)
        afterAll = try Self.hook(folder.afterAll)
    }

    func up(_ migration: Migration) throws(Failure) -> SegmentedSection {
        guard let section = ups[migration.key] else {
            throw Failure(.bugUnexpected, "\(migration.label) was not prepared")
        }
        return section
    }

    private static func hook(_ section: MigrationSection?) throws(Failure) -> SegmentedSection? {
        guard let section else { return nil }
        let segmented = try SegmentedSection(section)
        guard segmented.segments.allSatisfy(\.isTransaction) else {
            throw Failure(.migrationFile, "\(section.path): a hook runs in a transaction; put this into a migration")
        }
        return segmented
    }

    /// What is refused before anything runs.
    func check(_ items: [MigrationAgenda.Item], isPooled: Bool) throws(Failure) {
        for item in items { try up(item.migration).check(item.migration, isPooled: isPooled) }
    }
}

extension SegmentedSection {
    func check(_ migration: Migration, isPooled: Bool) throws(Failure) {
        try checkBackfills()
        if isPooled { try checkPooled(migration) }
    }

    /// Run whole, such a statement would hold its rows for as long as its author was afraid of.
    private func checkBackfills() throws(Failure) {
        guard let backfill = section.directives.backfills.first else { return }
        throw Failure(
            .migrationFile,
            "\(section.path):\(backfill.line): this version of dbctl runs no batches, and without them the statement would be one long transaction",
            detail: "Nothing was changed.",
            hint:
                "write the batches yourself, as a DO block that commits after each, with -- dbctl:no-transaction; or take dbctl:backfill out, and the statement runs whole"
        )
    }

    /// Through a pooler in transaction mode only transactions keep their server connection.
    private func checkPooled(_ migration: Migration) throws(Failure) {
        for segment in segments {
            guard case .alone(let reason) = segment.kind else { continue }
            let line = section.statements[segment.statements.lowerBound].line
            throw Failure(
                .migrationDirectURL,
                "\(section.path):\(line): \(reason) cannot run through a pooler in transaction mode",
                detail: "Nothing was changed.",
                hint:
                    "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself"
            )
        }
    }
}

extension FailureCode {
    static let migrationDirectURL = FailureCode("migrate.direct_url", .configuration)
}
