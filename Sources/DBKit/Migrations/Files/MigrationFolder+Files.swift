public import Operations

extension MigrationFolder {
    /// Makes migrations of a folder's files, from their bytes alone.
    ///
    /// - Parameters:
    ///   - files: With their paths from the folder on; one that ends with `/` is an empty folder.
    ///   - dialect: Nil finds it out from names and markers.
    /// - Throws: `migrate.dialect` where that is not clear; `migrate.file` with every file that cannot be read, and where.
    public init(files: [File], dialect: Dialect? = nil) throws(Failure) {
        let files = files.filter { !Self.isHidden($0.path) }.sorted { $0.path < $1.path }
        var scans: [String: SourceFile.Scan] = [:]
        let settled: Dialect
        do throws(FileProblem) {
            settled = if let dialect { dialect } else { try DialectDetection(files, &scans).dialect() }
        } catch {
            throw Failure([error]) ?? Failure(.migrationDialect, error.message)
        }
        var reading = FolderReading(files, dialect: settled, scans: scans)
        let migrations = settled.reader.migrations(&reading)
        self.init(dialect: settled, versioned: [])
        beforeEach = Self.hook(Self.beforeEachName, &reading)
        afterAll = Self.hook(Self.afterAllName, &reading)
        Self.checkSuffixes(&reading)
        versioned = Self.ordered(migrations, &reading)
        repeatables = migrations.filter { $0.identity == .repeatable }.sorted { $0.name < $1.name }
        Self.checkRepeatables(repeatables, &reading)
        if let failure = Failure(reading.problems) { throw failure }
    }

    /// What editors and version control leave behind.
    private static func isHidden(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0.hasPrefix(".") }
    }

    private static func hook(_ name: String, _ reading: inout FolderReading) -> MigrationSection? {
        guard let file = reading.file(name), let section = reading.wholeFile(file) else { return nil }
        if let backfill = section.directives.backfills.first {
            reading.report(name, line: backfill.line, "a backfill belongs into a migration, which runs once")
        }
        if name == beforeEachName, section.directives.isOutsideTransaction {
            reading.report(
                name, "it runs in each migration's transaction, so that dbctl:no-transaction has no place here")
        }
        return section
    }

    /// On a disk that tells them apart they would never be run, and nobody would be told.
    private static func checkSuffixes(_ reading: inout FolderReading) {
        for file in reading.files where file.isTop || reading.dialect == .flyway {
            guard file.path.lowercased().hasSuffix(".sql"), !file.path.hasSuffix(".sql") else { continue }
            reading.report(file.path, "the name must end with .sql in small letters")
        }
    }

    private static func ordered(_ migrations: [Migration], _ reading: inout FolderReading) -> [Migration] {
        let pairs = migrations.compactMap { migration in migration.version.map { ($0, migration) } }
        let sorted = pairs.sorted { ($0.0, $0.1.up.path) < ($1.0, $1.1.up.path) }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.0 == next.0 {
            reading.report(
                next.1.up.path, "version \(next.0) is also that of \(one.1.up.path)",
                hint: "give one of them another version; once applied somewhere, a file keeps its own")
        }
        return sorted.map(\.1)
    }

    private static func checkRepeatables(_ sorted: [Migration], _ reading: inout FolderReading) {
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
            reading.report(next.up.path, "it has the name of \(one.up.path)", hint: "rename one of them")
        }
    }
}

extension FailureCode {
    public static let migrationFolderNotFound = FailureCode("migrate.folder_not_found", .notFound)
    public static let migrationFile = FailureCode("migrate.file", .data)
    public static let migrationDialect = FailureCode("migrate.dialect", .data)
}
