public import Operations
public import Storage

/// What lies in a repository and cannot be a set: somebody may believe that it is one.
public struct RepositoryContents: Sendable {
    private let repository: any Repository

    public init(_ repository: any Repository) {
        self.repository = repository
    }

    /// Links that lead nowhere, folders that no database has, and folders among the sets that are none, each as one
    /// sentence. Other files are nobody's backup and are left alone, like the `lost+found` of a file system.
    ///
    /// - Parameter database: the one that was asked for; nil for all.
    public func strange(of database: String? = nil) throws(Failure) -> [String] {
        var found: [String] = []
        for folder in try repository.names(in: "") {
            guard !isBrokenLink(folder.name, folder) else {
                found.append(broken(folder.name))
                continue
            }
            guard folder.isFolder, folder.name != "lost+found" else { continue }
            guard let name = DatabaseFolder.database(for: folder.name) else {
                found.append("\(repository.url(folder.name)) is not a folder of backup sets and was passed over")
                continue
            }
            guard database == nil || database == name else { continue }
            found += try strangers(in: folder.name)
        }
        return found
    }

    private func strangers(in folder: String) throws(Failure) -> [String] {
        var found: [String] = []
        for item in try repository.names(in: folder) {
            let path = "\(folder)/\(item.name)"
            if isBrokenLink(path, item) {
                found.append(broken(path))
            } else if item.isFolder, SetName(item.name) == nil {
                found.append("\(repository.url(path)) is not a backup set and was passed over")
            }
        }
        return found
    }

    private func isBrokenLink(_ path: String, _ item: Folder.Item) -> Bool {
        !item.isFolder && !repository.exists(path)
    }

    private func broken(_ path: String) -> String {
        "\(repository.url(path)) is a link that leads nowhere: a set that it stood for is not looked at"
    }

    /// The refusal of whoever wanted something of a repository without sets: most of all a path that was mistyped.
    ///
    /// - Parameter database: the one that was asked for; nil for any.
    public func noSets(of database: String? = nil) throws(Failure) -> Failure {
        let names = try repository.names(in: "").filter(\.isFolder).map(\.name)
        let isInside = names.contains { SetName($0) != nil }
        let known = Set(try SetCatalog(repository).sets().map(\.database)).sorted()
        return Failure(
            .backupSetNotFound, noSetsSentence(of: database),
            detail: known.isEmpty ? nil : "It has sets of: \(known.joined(separator: ", "))",
            hint: isInside
                ? "it is the folder of one database: give --repo the folder above it"
                : "look at --repo and at backup.repo in dbctl.yaml")
    }

    public func noSetsSentence(of database: String? = nil) -> String {
        "\(repository.location) has no backup set\(database.map { " of \($0)" } ?? "")"
    }
}
