/// Where a set lies in its repository.
public struct SetPath: Sendable, Hashable, CustomStringConvertible {
    public var database: String
    public var name: SetName

    public init(database: String, name: SetName) {
        self.database = database
        self.name = name
    }

    /// The folder of all sets of the database.
    public var databaseFolder: String { DatabaseFolder.name(for: database) }
    /// The set's own folder.
    public var folder: String { "\(databaseFolder)/\(name)" }
    public var statePath: String { "\(folder).state.json" }

    public func file(_ name: String) -> String { "\(folder)/\(name)" }

    public var description: String { folder }
}

extension Manifest {
    /// Why a set that lies at `path` is not the one that the path names; nil when it is.
    func strangeness(at path: SetPath) -> String? {
        guard set != path.name.text || database != path.database else { return nil }
        return "it says that it is the set \(set) of the database \(database): somebody renamed or copied the folder"
    }
}
