/// sqlx: `<version>_<description>.sql`, or the same with `.up.sql` and `.down.sql`; `-- no-transaction` as the very
/// first bytes of a file.
enum SqlxReader: DialectReader {
    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        var pairs = PairedFiles()
        for file in reading.migrationFiles {
            do throws(FileProblem) {
                let name = try NumberedName(file.path.dropLast(".sql".count), of: file.path)
                let (title, direction) = Direction.suffix(of: name.name) ?? (name.name, .up)
                pairs.add(.init(version: name.version, name: title, file: file), direction, &reading)
            } catch {
                reading.report(error)
            }
        }
        return pairs.migrations(&reading) { entry, reading in
            var section = reading.wholeFile(entry.file)
            if beginsOutsideTransaction(entry.file) { section?.directives.isOutsideTransaction = true }
            return section
        }
    }

    static func beginsOutsideTransaction(_ file: MigrationFolder.File) -> Bool {
        file.bytes.starts(with: "-- no-transaction".utf8)
    }
}
