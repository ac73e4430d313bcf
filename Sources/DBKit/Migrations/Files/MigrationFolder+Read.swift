public import Operations
import Storage

extension MigrationFolder {
    /// Reads the files of a folder, and of its subfolders where the dialect has some.
    ///
    /// - Parameter dialect: Nil finds it out from names and markers.
    /// - Throws: `migrate.folder_not_found`; `migrate.dialect` and `migrate.file` (65) as `init(files:dialect:)` does; the
    ///   system's own reason for a file that cannot be opened.
    public static func read(_ path: String, dialect: Dialect? = nil) throws(Failure) -> MigrationFolder {
        guard Folder.isFolder(path) else {
            throw Failure(
                .migrationFolderNotFound, "there is no folder \(path)",
                hint:
                    "name the folder with --dir or migrate.dir in dbctl.yaml, or begin one with dbctl migrate new NAME")
        }
        var listing = Listing(root: path)
        try listing.read(dialect)
        let folder = try MigrationFolder(files: listing.files, dialect: dialect)
        if folder.dialect == .flyway, let place = listing.tooDeep {
            throw Failure(.migrationFile, "\(place): folders lie in folders too deep for migrations")
        }
        return folder
    }

    /// What lies in the folder, as far as it may concern migrations.
    private struct Listing {
        let root: String
        var files: [File] = []
        /// A folder that was not looked into.
        var tooDeep: String?

        /// Far deeper than anybody sorts migrations; a link to a folder above it ends here.
        private static let deepest = 10

        init(root: String) {
            self.root = root
        }

        mutating func read(_ dialect: Dialect?) throws(Failure) {
            let items = try Folder.items(root).filter { !$0.name.hasPrefix(".") }
            for item in items {
                if item.isFolder, item.name.hasSuffix(".sql") {
                    throw Failure(.migrationFile, "\(item.name): a folder with the name of a file")
                }
                if !item.isFolder { try add(item.name) }
            }
            let folders = items.filter(\.isFolder).map(\.name)
            switch dialect {
            case .dbctl, .dbmate, .golangMigrate, .goose, .sqlx: break
            case .sqitch: try addFolders(folders.filter(SqitchReader.folders.contains))
            case .prisma, .flyway: try addFolders(folders)
            case nil:
                if files.contains(where: { $0.path == SqitchReader.planName }) {
                    try addFolders(folders.filter(SqitchReader.folders.contains))
                } else if usesSubfolders {
                    try addFolders(folders)
                }
            }
        }

        /// Of the tools whose files lie at the top, none looks further.
        private var usesSubfolders: Bool {
            let names = files.filter { $0.path.hasSuffix(".sql") && !otherNames.contains($0.path) }
            return names.allSatisfy { FlywayName($0) != nil }
        }

        private mutating func addFolders(_ names: [String]) throws(Failure) {
            for name in names { try addFolder(name, depth: 1) }
        }

        private mutating func addFolder(_ folder: String, depth: Int) throws(Failure) {
            guard depth <= Self.deepest else {
                tooDeep = folder
                return
            }
            let items = try Folder.items("\(root)/\(folder)").filter { !$0.name.hasPrefix(".") }
            if items.isEmpty { files.append(File(path: "\(folder)/", bytes: [])) }
            for item in items {
                let path = "\(folder)/\(item.name)"
                if item.isFolder { try addFolder(path, depth: depth + 1) } else { try add(path) }
            }
        }

        private mutating func add(_ path: String) throws(Failure) {
            let name = path.split(separator: "/").last ?? ""
            let lowered = name.lowercased()
            let isRead =
                lowered.hasSuffix(".sql") || name.hasSuffix(".sql.conf")
                || [SqitchReader.planName, SqitchReader.configurationName, PrismaReader.lockName].contains(String(name))
            // Of a program, the name says enough.
            let isNamed = name.hasSuffix(".go") || name.hasSuffix(".java")
            guard isRead || isNamed else { return }
            files.append(File(path: path, bytes: isRead ? try bytes(of: path) : []))
        }

        private func bytes(of path: String) throws(Failure) -> [UInt8] {
            do throws(Failure) {
                return try InputFile(opening: "\(root)/\(path)").readAll()
            } catch {
                var failure = error
                if failure.code == .fileDenied {
                    failure.hint = "dbctl reads every migration of the folder: ls -l \(root)/\(path)"
                }
                throw failure
            }
        }
    }
}
