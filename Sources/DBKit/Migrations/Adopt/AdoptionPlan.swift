import FoundationEssentials
import Operations

/// What `adopt` is to write into dbctl's history, or why it must not.
///
/// A pure function of the other tool's history, the folder, and what dbctl has recorded already.
struct AdoptionPlan: Sendable {
    /// A row for dbctl's history.
    struct Record: Sendable, Hashable {
        var key: String
        var name: String
        var migration: Migration?
        var dialect: String
        var appliedAt: String?
        var appliedBy: String
        var duration: Double
    }

    private(set) var records: [Record] = []
    private(set) var warnings: [String] = []
    /// Files that `up` will run.
    private(set) var pending = 0

    /// - Throws: `migrate.adopt_changed` (65) for files that are not what was applied, `migrate.adopt_conflict` (65) for
    ///   what dbctl's history says otherwise.
    init(
        _ history: ForeignHistory, of tool: ForeignTool, in folder: MigrationFolder, beside existing: [AppliedMigration]
    ) throws(Failure) {
        let match = try AdoptionMatch(history, of: tool, in: folder)
        guard match.problems.isEmpty else {
            throw Failure(
                .adoptChanged,
                "the files are not those that \(tool.rawValue) applied: \(match.problems.count) of \(match.pairs.count) differ",
                detail: (match.problems.map { "- \($0)" } + ["Nothing was changed."]).joined(separator: "\n"),
                hint: "bring the files back as they were applied, from version control; then adopt again")
        }
        var merge = Merge(tool: tool, existing: existing)
        for pair in match.pairs { merge.add(pair) }
        guard merge.conflicts.isEmpty else {
            throw Failure(
                .adoptConflict, "dbctl's own history says something else: \(merge.conflicts.count) entries",
                detail: (merge.conflicts.map { "- \($0)" } + ["Nothing was changed."]).joined(separator: "\n"),
                hint: "look with dbctl migrate status; accept an edited file with dbctl migrate rebless VERSION")
        }
        records = merge.records
        let after = Reconciliation(folder, existing.filter { !merge.completed.contains($0.key) } + records.map(\.row))
        pending = after.pending.count + after.unfinished.count
        warn(after)
    }

    private mutating func warn(_ after: Reconciliation) {
        let own = Set(records.map(\.key))
        let missing = after.missing.filter { own.contains($0.key) }
        if !missing.isEmpty {
            warnings.append(
                "applied, and there is no file: \(missing.map(\.label).joined(separator: ", ")); bring them back and adopt again, or dbctl migrate repair --forget VERSION, for dbctl migrate status calls them missing"
            )
        }
        if !after.late.isEmpty {
            warnings.append(
                "not applied, and late: \(after.late.map(\.label).joined(separator: ", ")); dbctl migrate up refuses them without --allow-out-of-order"
            )
        }
    }

    /// The pairs beside what is recorded already.
    private struct Merge {
        let tool: ForeignTool
        private(set) var records: [Record] = []
        private(set) var conflicts: [String] = []
        /// Keys of rows that were adopted when their files were not there.
        private(set) var completed = Set<String>()
        private let existing: [AppliedMigration]

        init(tool: ForeignTool, existing: [AppliedMigration]) {
            self.tool = tool
            self.existing = existing
        }

        mutating func add(_ pair: AdoptionMatch.Pair) {
            let (entry, migration) = (pair.entry, pair.migration)
            var record = Record(
                key: migration?.key ?? entry.key, name: migration?.name ?? entry.name, migration: migration,
                dialect: migration?.dialect.rawValue
                    ?? (entry.isProgram ? AppliedMigration.flywayProgram : tool.rawValue),
                appliedAt: entry.appliedAt, appliedBy: entry.appliedBy ?? tool.rawValue, duration: entry.duration)
            let version = MigrationVersion(record.key)
            if let row = existing.first(where: { $0.key == record.key || version != nil && $0.version == version }) {
                guard let migration, version != nil else { return }
                if row.checksum.isEmpty {
                    record.key = row.key
                    completed.insert(row.key)
                } else {
                    if row.state != .applied {
                        conflicts.append("\(row.label) is half done there")
                    } else if row.checksum != migration.source.checksum {
                        conflicts.append(
                            "\(row.label) is applied there with another text than \(migration.up.path) has")
                    }
                    return
                }
            }
            records.append(record)
        }
    }
}

extension ForeignEntry {
    /// Its name in dbctl's history when there is no file of it.
    fileprivate var key: String {
        switch identity {
        case .version(let version): version.text
        case .repeatable(let name): "R__\(name)"
        case .change(let id): "sqitch:\(id)"
        case .other(let key): key
        }
    }
}

extension AdoptionPlan.Record {
    /// As the history will have it.
    fileprivate var row: AppliedMigration {
        AppliedMigration(
            key: key, name: name, checksum: migration?.source.checksum ?? "", dialect: dialect,
            appliedAt: .distantPast, appliedBy: appliedBy, runID: "", duration: duration,
            statements: migration?.up.statements.count ?? 0, state: .applied, isInFlight: false)
    }
}

extension FailureCode {
    static let adoptChanged = FailureCode("migrate.adopt_changed", .data)
    static let adoptConflict = FailureCode("migrate.adopt_conflict", .data)
}
