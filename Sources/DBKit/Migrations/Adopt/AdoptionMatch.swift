import Operations

/// Which file each entry of a foreign history stands for, where there is one; each file is checked on the way.
///
/// Pure.
struct AdoptionMatch {
    struct Pair {
        var entry: ForeignEntry
        /// Nil: there is no such file.
        var migration: Migration?
    }

    private(set) var pairs: [Pair] = []
    /// What is not as the tool had applied it, one sentence each.
    private(set) var problems: [String] = []

    private let folder: MigrationFolder
    private var versions: [MigrationVersion: Migration] = [:]

    /// - Throws: `migrate.adopt_folder` (65) where the folder cannot be that tool's.
    init(_ history: ForeignHistory, of tool: ForeignTool, in folder: MigrationFolder) throws(Failure) {
        self.folder = folder
        for migration in folder.versioned { if let version = migration.version { versions[version] = migration } }
        let isEmpty = folder.versioned.isEmpty && folder.repeatables.isEmpty
        guard (tool == .sqitch) == (folder.dialect == .sqitch) || (isEmpty && tool != .sqitch) else {
            throw Failure(
                .adoptFolder,
                tool == .sqitch
                    ? "the history is sqitch's, and the folder has no sqitch.plan"
                    : "the folder is sqitch's, and the history is that of \(tool.rawValue)",
                detail: "Nothing was changed.", hint: "name the right folder with --dir, or the right tool with --from")
        }
        var taken = Set<MigrationVersion>()
        for entry in Self.own(history.entries, folder) {
            let migration = place(entry)
            if let version = migration?.version { taken.insert(version) }
            pairs.append(Pair(entry: entry, migration: migration))
        }
        check(tool)
        addBelow(history.floor, taken)
    }

    /// The registry of sqitch holds several plans: only the projects of which this folder has something.
    private static func own(_ entries: [ForeignEntry], _ folder: MigrationFolder) -> [ForeignEntry] {
        let ids = Set(folder.versioned.compactMap(\.changeID))
        let known = entries.filter { entry in
            if case .change(let id) = entry.identity { ids.contains(id) } else { false }
        }
        let projects = Set(known.compactMap(\.project))
        return projects.isEmpty ? entries : entries.filter { $0.project.map(projects.contains) ?? true }
    }

    private mutating func place(_ entry: ForeignEntry) -> Migration? {
        switch entry.identity {
        case .version(let version): return versions[version]
        case .repeatable(let name): return folder.repeatables.first { $0.name == name }
        case .other: return nil
        case .change(let id):
            let change = folder.versioned.first { $0.changeID == id }
            if change == nil {
                problems.append(
                    "\(entry.name) (\(id.prefix(12))) is deployed, and sqitch.plan has no such change, or an edited one"
                )
            }
            return change
        }
    }

    private mutating func check(_ tool: ForeignTool) {
        pairs = pairs.filter { pair in
            guard let migration = pair.migration, let proof = pair.entry.proof else { return true }
            guard !holds(proof, pair.entry, migration) else { return true }
            // Flyway runs it again, and so does dbctl.
            if migration.version == nil { return false }
            problems.append(
                "\(migration.up.path) is not what \(tool.rawValue) applied"
                    + (tool == .atlas ? ", or a file before it is not" : ""))
            return true
        }
    }

    private func holds(_ proof: ForeignProof, _ entry: ForeignEntry, _ migration: Migration) -> Bool {
        guard case .atlas = proof, let version = migration.version else { return proof.holds(for: migration) }
        let earlier = folder.versioned.filter { one in one.version.map { $0 < version } ?? false }
        // A late file was not there yet when this one was applied.
        let older = Set(
            pairs.filter { ($0.entry.appliedAt ?? "") <= (entry.appliedAt ?? "") }.compactMap(\.migration?.version))
        let present = earlier.filter { one in one.version.map(older.contains) ?? false }
        return proof.holds(for: migration, after: earlier) || proof.holds(for: migration, after: present)
    }

    /// What lies under a baseline, or under the one version that the tool keeps.
    private mutating func addBelow(_ floor: MigrationVersion?, _ taken: Set<MigrationVersion>) {
        guard let floor else { return }
        let more = folder.versioned.compactMap { migration -> Pair? in
            guard let version = migration.version, version <= floor, !taken.contains(version) else { return nil }
            return Pair(entry: ForeignEntry(.version(version), name: migration.name), migration: migration)
        }
        pairs = more + pairs
    }
}

extension FailureCode {
    static let adoptFolder = FailureCode("migrate.adopt_folder", .data)
}
