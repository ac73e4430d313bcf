/// golang-migrate: `<version>_<title>.up.sql` and `<version>_<title>.down.sql`.
///
/// It sends a file as one message, which the server runs as one transaction, so that this is what dbctl does too.
enum GolangMigrateReader: DialectReader {
    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        var pairs = PairedFiles()
        for file in reading.migrationFiles {
            do throws(FileProblem) {
                let name = try NumberedName(file.path.dropLast(".sql".count), of: file.path)
                guard let (title, direction) = Direction.suffix(of: name.name) else {
                    throw FileProblem(
                        file.path, "the name ends neither with .up.sql nor with .down.sql",
                        hint: "golang-migrate names files <version>_<title>.up.sql")
                }
                pairs.add(.init(version: name.version, name: title, file: file), direction, &reading)
            } catch {
                reading.report(error)
            }
        }
        return pairs.migrations(&reading)
    }
}

extension Direction {
    /// `users.up` is the way up of `users`.
    static func suffix(of name: String) -> (name: String, direction: Direction)? {
        if name.hasSuffix(".up") { return (String(name.dropLast(".up".count)), .up) }
        if name.hasSuffix(".down") { return (String(name.dropLast(".down".count)), .down) }
        return nil
    }
}
