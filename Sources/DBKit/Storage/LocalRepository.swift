import Glibc
public import Operations
import Synchronization

/// A repository in a folder of this machine, readable by its owner only.
public struct LocalRepository: Repository {
    private let root: String

    public init(_ root: String) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    public var location: String { root }

    public func names(in folder: String) throws(Failure) -> [Folder.Item] {
        let place = url(folder)
        guard Folder.isFolder(root) else {
            throw Failure(
                .repositoryNotFound, "there is no repository at \(root)",
                hint: "look at --repo and at backup.repo in dbctl.yaml; the first `dbctl backup create` makes it")
        }
        guard Folder.exists(place) else { return [] }
        return try Folder.items(place).filter { !$0.name.hasPrefix(".") }
    }

    public func exists(_ path: String) -> Bool { Folder.exists(url(path)) }

    public func read(_ path: String) throws(Failure) -> [UInt8] { try InputFile(opening: url(path)).readAll() }

    public func update(_ path: String, _ change: ([UInt8]?) throws(Failure) -> [UInt8]) throws(Failure) {
        let turn = try turn(in: Folder.parent(of: url(path)))
        defer { turn.release() }
        let before = exists(path) ? try read(path) : nil
        try Folder.replaceFile(url(path), with: try change(before))
    }

    /// The right to change small files of a folder: held for the moment that it takes, waited for a little longer.
    func turn(in place: String) throws(Failure) -> FileLock {
        let end = ContinuousClock.now + .seconds(5)
        while true {
            do throws(Failure) {
                return try FileLock("\(place)/\(Self.turnName)", note: "changes a note", now: 0)
            } catch {
                guard error.code == .repositoryLocked, ContinuousClock.now < end else { throw error }
                usleep(2000)
            }
        }
    }

    public func stage(_ path: String) throws(Failure) -> any StagedFolder {
        let final = url(path)
        let building = "\(Folder.parent(of: final))/\(Self.buildingPrefix)\(Folder.name(of: final))"
        try Folder.create(Folder.parent(of: final))
        try Folder.create(building)
        return LocalStagedFolder(path: building, final: final)
    }

    public func lock(_ folder: String, note: String, now: Int64) throws(Failure) -> FileLock {
        try Folder.create(url(folder))
        return try FileLock("\(url(folder))/.lock", note: note, now: now)
    }

    public func freeBytes() throws(Failure) -> Int64? { try Folder.freeBytes(root) }

    public func url(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    static let buildingPrefix = ".building-"
    private static let turnName = ".notes.lock"
}

private final class LocalStagedFolder: StagedFolder {
    let path: String
    private let final: String
    private let isPublished = Mutex(false)

    init(path: String, final: String) {
        self.path = path
        self.final = final
    }

    func publish() throws(Failure) {
        try Self.syncFolders(path)
        // rename(2) replaces an empty folder silently; a set with that name is never replaced.
        guard !Folder.exists(final) else { throw Failure(.alreadyExists, "\(final) is already there") }
        try Folder.rename(path, to: final)
        isPublished.withLock { $0 = true }
    }

    func discard() {
        guard !isPublished.withLock({ $0 }) else { return }
        // What cannot be removed now, the next run sweeps.
        try? Folder.remove(path)
    }

    private static func syncFolders(_ path: String) throws(Failure) {
        for item in try Folder.items(path) where item.isFolder { try syncFolders("\(path)/\(item.name)") }
        try Folder.sync(path)
    }
}
