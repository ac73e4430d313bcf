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
    /// - Throws: `backup.set_not_found`, or `backup.set_ambiguous` listing the candidates: of two databases with a set
    ///   of that name, neither is taken.
    public static func resolve(
        _ text: String, in repository: (any Repository)?, database: String? = nil
    ) throws(Failure) -> FoundSet {
        if text.contains("/") { return try resolve(path: text, from: text) }
        guard let repository else {
            throw Failure(.backupSetNotFound, "no repository is configured to look for \(text) in", hint: "pass --repo")
        }
        let known = try SetCatalog(repository).sets(of: database)
        let begun = known.filter { $0.name.text.hasPrefix(text) }
        // Sets of several databases may bear one name: a whole name is no more than a prefix then.
        let exact = begun.filter { $0.name.text == text }
        let candidates = exact.isEmpty ? begun : exact
        guard let found = candidates.first else {
            throw Failure(
                .backupSetNotFound, "\(repository.location) has no backup set \(text)",
                detail: known.isEmpty ? "it has none at all" : nil, hint: "dbctl backup list shows what there is")
        }
        guard candidates.count == 1 else { throw ambiguous(text, candidates, in: repository) }
        return FoundSet(repository: repository, path: found)
    }

    /// - Parameter candidates: at least two.
    private static func ambiguous(_ text: String, _ candidates: [SetPath], in repository: any Repository) -> Failure {
        let example = candidates[candidates.count - 1]
        let choice =
            "say which with --database \(example.database), or give the path: \(repository.url(example.folder))"
        let isOneName = Set(candidates.map(\.name)).count == 1
        let isOneDatabase = Set(candidates.map(\.database)).count == 1
        return Failure(
            .backupSetAmbiguous,
            isOneName
                ? "\(candidates.count) databases have a backup set \(example.name): "
                    + candidates.map(\.database).joined(separator: ", ")
                : "\(candidates.count) backup sets begin with \(text)",
            detail: candidates.map(\.description).joined(separator: "\n"),
            hint: isOneDatabase ? "give more characters" : isOneName ? choice : "give more characters; or \(choice)")
    }

    /// The newest set of a database.
    ///
    /// - Parameters:
    ///   - database: the one that was asked for: no other will do.
    ///   - likely: the one that the URL names: taken if the repository has it, else the only one there is.
    ///   - rival: the one that is to be filled: where it is another than the likely one, and the repository has sets of
    ///     both, nobody can tell which is meant.
    ///   - now: by this machine's clock. A set from more than a day later was made under a clock that was wrong, and
    ///     is not the newest for as long as it takes the time to get there: it is taken only where there is no other.
    /// - Returns: the set, and those that were passed over.
    public static func latest(
        in repository: any Repository, database: String?, likely: String? = nil, rival: String? = nil, now: Date
    ) throws(Failure) -> (set: FoundSet, passedOver: [SetPath]) {
        let known = try SetCatalog(repository).sets()
        let databases = Set(known.map(\.database)).sorted()
        let isContested = rival.map { $0 != likely && databases.contains($0) } ?? false
        let wanted = database ?? likely.flatMap { databases.contains($0) && !isContested ? $0 : nil }
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

    /// - Parameter path: to the same folder, in as many words as a person gave.
    private static func resolve(path: String, from text: String) throws(Failure) -> FoundSet {
        let parts = path.split(separator: "/").map(String.init)
        let lead = path.hasPrefix("/") ? "/" : ""
        guard Folder.isFolder(path), let last = parts.last, let name = SetName(last) else {
            throw Failure(.backupSetNotFound, "there is no backup set at \(text)")
        }
        let root = parts.dropLast(2).joined(separator: "/")
        guard let folder = parts.dropLast().last, let database = DatabaseFolder.database(for: folder) else {
            // `./SET`, from inside the database's folder: the path does not say it, the file system does.
            if let whole = Folder.resolved(path), whole != path { return try resolve(path: whole, from: text) }
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
