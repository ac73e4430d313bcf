public import Operations
import Storage

extension MigrationFolder {
    /// Reads the files of a folder.
    ///
    /// - Parameter dialect: Nil finds it out from names and markers.
    /// - Throws: `migrate.folder_not_found`; `migrate.file` (65) with file and line for one that cannot be read.
    public static func read(_ path: String, dialect: Dialect? = nil) throws(Failure) -> MigrationFolder {
        guard Folder.isFolder(path) else {
            throw Failure(
                .migrationFolderNotFound, "there is no folder \(path)",
                hint: "name the folder with --dir or migrate.dir in dbctl.yaml, or begin one with dbctl migrate new NAME")
        }
        var files: [File] = []
        for item in try Folder.items(path) where !item.isFolder {
            files.append(File(path: item.name, bytes: try InputFile(opening: "\(path)/\(item.name)").readAll()))
        }
        return try MigrationFolder(files: files, dialect: dialect)
    }

    /// The same from what was read already.
    public init(files: [File], dialect: Dialect? = nil) throws(Failure) {
        self.init(dialect: dialect ?? .dbctl, versioned: [])
        for file in files where file.path.hasSuffix(".sql") {
            versioned.append(try NativeReader.migration(file))
        }
        versioned.sort { ($0.version?.text ?? "") < ($1.version?.text ?? "") }
    }
}

extension FailureCode {
    public static let migrationFolderNotFound = FailureCode("migrate.folder_not_found", .notFound)
    public static let migrationFile = FailureCode("migrate.file", .data)
}
