public import Foundation
public import Operations
public import Storage

/// The sets of a repository. The folders are the truth: what is not a published folder with a set's name is no set.
public struct SetCatalog: Sendable {
    public let repository: any Repository

    public init(_ repository: any Repository) {
        self.repository = repository
    }

    /// All sets, or those of one database, the newest first.
    public func sets(of database: String? = nil) throws(Failure) -> [SetPath] {
        var found: [SetPath] = []
        for folder in try repository.names(in: "") where folder.isFolder {
            guard let name = DatabaseFolder.database(for: folder.name), database == nil || database == name else {
                continue
            }
            for item in try repository.names(in: folder.name) where item.isFolder {
                if let set = SetName(item.name) { found.append(SetPath(database: name, name: set)) }
            }
        }
        return found.sorted { ($1.name, $0.database) < ($0.name, $1.database) }
    }

    /// The set that a person means: a name, a unique prefix of one, or the path of its folder.
    ///
    /// - Throws: `backup.set_not_found`, or `backup.set_ambiguous` listing the candidates.
    public static func resolve(
        _ text: String, in repository: (any Repository)?, database: String? = nil
    ) throws(Failure) -> FoundSet {
        if text.contains("/") { return try resolve(path: text) }
        guard let repository else {
            throw Failure(.backupSetNotFound, "no repository is configured to look for \(text) in", hint: "pass --repo")
        }
        let known = try SetCatalog(repository).sets(of: database)
        let candidates = known.filter { $0.name.text.hasPrefix(text) }
        if let exact = candidates.first(where: { $0.name.text == text }) {
            return FoundSet(repository: repository, path: exact)
        }
        guard let found = candidates.first else {
            throw Failure(
                .backupSetNotFound, "\(repository.location) has no backup set \(text)",
                detail: known.isEmpty ? "it has none at all" : nil, hint: "dbctl backup list shows what there is")
        }
        guard candidates.count == 1 else {
            throw Failure(
                .backupSetAmbiguous, "\(candidates.count) backup sets begin with \(text)",
                detail: candidates.map(\.description).joined(separator: "\n"), hint: "give more characters")
        }
        return FoundSet(repository: repository, path: found)
    }

    /// The newest set of a database.
    ///
    /// - Parameters:
    ///   - database: the one that was asked for: no other will do.
    ///   - likely: the one that the URL names: taken if the repository has it, else the only one there is.
    ///   - now: by this machine's clock. A set from more than a day later was made under a clock that was wrong, and
    ///     is not the newest for as long as it takes the time to get there: it is taken only where there is no other.
    /// - Returns: the set, and those that were passed over.
    public static func latest(
        in repository: any Repository, database: String?, likely: String? = nil, now: Date
    ) throws(Failure) -> (set: FoundSet, passedOver: [SetPath]) {
        let known = try SetCatalog(repository).sets()
        let databases = Set(known.map(\.database)).sorted()
        let wanted = database ?? likely.flatMap { databases.contains($0) ? $0 : nil }
        if wanted == nil, databases.count > 1 {
            throw Failure(
                .backupSetAmbiguous, "\(repository.location) has backup sets of \(databases.count) databases",
                detail: databases.joined(separator: "\n"), hint: "say which with --database")
        }
        let candidates = known.filter { $0.database == wanted ?? $0.database }
        let future = candidates.prefix { $0.name.time > now + Self.clockTolerance }
        guard let newest = candidates.dropFirst(future.count).first ?? candidates.first else {
            throw try RepositoryContents(repository).noSets(of: wanted)
        }
        return (FoundSet(repository: repository, path: newest), future.filter { newest.name < $0.name })
    }

    /// By how much the clocks of two machines may differ without anybody being told.
    private static let clockTolerance: TimeInterval = 86_400

    private static func resolve(path text: String) throws(Failure) -> FoundSet {
        let parts = text.split(separator: "/").map(String.init)
        let lead = text.hasPrefix("/") ? "/" : ""
        guard Folder.isFolder(text), let last = parts.last, let name = SetName(last) else {
            throw Failure(.backupSetNotFound, "there is no backup set at \(text)")
        }
        let root = parts.dropLast(2).joined(separator: "/")
        let folder = parts.dropLast().last
        guard let folder, let database = DatabaseFolder.database(for: folder), folder != ".." else {
            throw Failure(.backupSetNotFound, "\(text) does not lie in a repository", hint: "give its whole path")
        }
        let repository = LocalRepository(root.isEmpty && lead.isEmpty ? "." : lead + root)
        return FoundSet(repository: repository, path: SetPath(database: database, name: name))
    }
}

/// A set and where it was found.
public struct FoundSet: Sendable {
    public let repository: any Repository
    public let path: SetPath

    public init(repository: any Repository, path: SetPath) {
        self.repository = repository
        self.path = path
    }

    /// As `pg_restore` would be given it.
    public var folder: String { repository.url(path.folder) }
}
