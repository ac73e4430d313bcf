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

    /// Through a pooler in transaction mode only transactions keep their server connection.
    func check(_ items: [MigrationAgenda.Item], isPooled: Bool) throws(Failure) {
        guard isPooled else { return }
        for item in items {
            try up(item.migration).checkPooled(item.migration)
        }
    }
}

extension SegmentedSection {
    func checkPooled(_ migration: Migration) throws(Failure) {
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
