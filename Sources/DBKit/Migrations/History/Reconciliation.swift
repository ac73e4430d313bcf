/// The files of a folder beside the history of a database: what is applied, what is to come, and what does not fit.
///
/// A pure function of both.
struct Reconciliation {
    /// Applied, and its file says something else now.
    struct Edit {
        var migration: Migration
        var applied: AppliedMigration
    }

    /// In the order in which they are to run: versioned ones by version, then repeatable ones by name.
    private(set) var pending: [Migration] = []
    /// Those of `pending` with a version lower than the highest one that is applied, or begun.
    private(set) var late: [Migration] = []
    private(set) var edited: [Edit] = []
    /// Begun and not at their end, with the file that goes on. At the most one, unless somebody wrote to the history.
    private(set) var unfinished: [Edit] = []
    /// In the history, and no file has that version any more.
    private(set) var missing: [AppliedMigration] = []
    /// Everything, in order, for `status`.
    private(set) var list: [MigrationStatus] = []

    init(_ folder: MigrationFolder, _ history: [AppliedMigration]) {
        var versions: [MigrationVersion: AppliedMigration] = [:]
        var names: [String: AppliedMigration] = [:]
        for applied in history {
            if let version = applied.version { versions[version] = applied } else { names[applied.key] = applied }
        }
        // One that is half done counts: what comes now comes after its first statements.
        let highest = versions.keys.max()
        for migration in folder.versioned {
            guard let version = migration.version else { continue }
            place(migration, versions.removeValue(forKey: version), highest: highest)
        }
        for migration in folder.repeatables {
            placeRepeatable(migration, names.removeValue(forKey: migration.key))
        }
        let left = Array(versions.values) + Array(names.values)
        list += left.filter(\.isWithoutFile).map { MigrationStatus($0, state: .applied) }
        missing = left.filter { !$0.isWithoutFile }.sorted(by: AppliedMigration.precedes)
        list += missing.map { MigrationStatus($0, state: .missing) }
        list.sort(by: MigrationStatus.precedes)
    }

    private mutating func place(_ migration: Migration, _ applied: AppliedMigration?, highest: MigrationVersion?) {
        guard let applied else {
            pending.append(migration)
            let isLate = highest.map { (migration.version ?? $0) < $0 } ?? false
            if isLate { late.append(migration) }
            list.append(MigrationStatus(pending: migration, isLate ? .outOfOrder : .pending))
            return
        }
        switch applied.state {
        case .partial, .undoing:
            unfinished.append(Edit(migration: migration, applied: applied))
            list.append(MigrationStatus(applied, state: applied.state == .partial ? .partial : .undoing))
        case .applied where applied.checksum != migration.source.checksum:
            edited.append(Edit(migration: migration, applied: applied))
            list.append(MigrationStatus(applied, state: .edited))
        case .applied: list.append(MigrationStatus(applied, state: .applied))
        }
    }

    private mutating func placeRepeatable(_ migration: Migration, _ applied: AppliedMigration?) {
        switch applied {
        case .some(let applied) where applied.state != .applied:
            unfinished.append(Edit(migration: migration, applied: applied))
            list.append(MigrationStatus(applied, state: .partial))
        case .some(let applied) where applied.checksum == migration.source.checksum:
            list.append(MigrationStatus(applied, state: .applied))
        default:
            pending.append(migration)
            list.append(MigrationStatus(pending: migration, .pending))
        }
    }

    /// What is missing, and cannot be gone on with.
    var missingPartial: [AppliedMigration] { missing.filter { $0.state != .applied } }
}

extension AppliedMigration {
    /// Versions by their numbers, then the repeatable ones by name.
    static func precedes(_ left: AppliedMigration, _ right: AppliedMigration) -> Bool {
        switch (left.version, right.version) {
        case (let one?, let other?): one < other
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.key < right.key
        }
    }
}
