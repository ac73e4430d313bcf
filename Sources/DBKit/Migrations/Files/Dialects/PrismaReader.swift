/// Prisma: a folder `<time stamp>_<name>` for each migration, with `migration.sql` in it, and `down.sql` where one was
/// generated for it.
enum PrismaReader: DialectReader {
    static let scriptName = "migration.sql"
    static let downName = "down.sql"
    static let lockName = "migration_lock.toml"

    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        checkProvider(&reading)
        for file in reading.migrationFiles {
            reading.report(
                file.path, "Prisma keeps a migration in a folder of its own",
                hint: "move it to <version>_<name>/migration.sql")
        }
        let folders = Set(reading.files.filter { !$0.isTop }.compactMap { $0.path.split(separator: "/").first })
        return folders.sorted().compactMap { migration(String($0), &reading) }
    }

    private static func migration(_ folder: String, _ reading: inout FolderReading) -> Migration? {
        do throws(FileProblem) {
            let name = try NumberedName(folder[...], of: folder)
            guard let file = reading.file("\(folder)/\(scriptName)") else {
                throw FileProblem(
                    folder, "there is no migration.sql in this folder",
                    hint: "bring it back from version control, or remove the folder")
            }
            let up = reading.wholeFile(file)
            let down = reading.file("\(folder)/\(downName)").flatMap { reading.wholeFile($0) }
            guard let up else { return nil }
            return Migration(
                identity: .versioned(name.version), name: name.name, dialect: .prisma,
                source: MigrationText(file.bytes), up: up, down: down)
        } catch {
            reading.report(error)
            return nil
        }
    }

    /// The SQL of another database may well run here, and do something else.
    private static func checkProvider(_ reading: inout FolderReading) {
        guard let file = reading.file(lockName) else { return }
        let lines = String(decoding: file.bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed == "provider" else { continue }
            let provider = parts[1].prefix { $0 != "#" }.trimmed.filter { $0 != "\"" && $0 != "'" }
            if provider != "postgresql", provider != "postgres" {
                reading.report(lockName, line: number + 1, "these migrations are for \(provider), not for PostgreSQL")
            }
        }
    }
}
