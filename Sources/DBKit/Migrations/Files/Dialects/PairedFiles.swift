/// Migrations whose `up` and `down` are files of their own.
struct PairedFiles {
    struct Entry {
        var version: MigrationVersion
        var name: String
        var file: MigrationFolder.File
    }

    private var ups: [Entry] = []
    private var downs: [MigrationVersion: Entry] = [:]

    mutating func add(_ entry: Entry, _ direction: Direction, _ reading: inout FolderReading) {
        if direction == .up { return ups.append(entry) }
        if let other = downs[entry.version] {
            reading.report(entry.file.path, "\(other.file.path) undoes version \(entry.version) as well")
        }
        downs[entry.version] = entry
    }

    /// - Parameter section: reads one of the files.
    func migrations(
        _ reading: inout FolderReading,
        section: (Entry, inout FolderReading) -> MigrationSection? = { $1.wholeFile($0.file) }
    ) -> [Migration] {
        let applied = Set(ups.map(\.version))
        for (version, down) in downs where !applied.contains(version) {
            reading.report(
                down.file.path, "it undoes version \(version), and no file applies that",
                hint: "bring the other file back; it may be empty")
        }
        return ups.compactMap { entry in
            let up = section(entry, &reading)
            let down = downs[entry.version].flatMap { section($0, &reading) }
            guard let up else { return nil }
            return Migration(
                identity: .versioned(entry.version), name: entry.name, dialect: reading.dialect,
                source: MigrationText(entry.file.bytes), up: up, down: down)
        }
    }
}
