import Glibc
public import Operations

/// What dbctl does with folders of a local file system. Everything that must survive a crash is synced here, in the
/// order that makes a rename a promise (conventions, Safety 6).
public enum Folder {
    /// One name in a folder.
    public struct Item: Sendable, Hashable {
        public var name: String
        public var isFolder: Bool

        public init(name: String, isFolder: Bool) {
            self.name = name
            self.isFolder = isFolder
        }
    }

    /// Creates the folder, and those above it, for their owner only. One that exists is left as it is.
    public static func create(_ path: String) throws(Failure) {
        if unsafe mkdir(path, 0o700) == 0 { return try sync(parent(of: path)) }
        switch errno {
        case EEXIST where isFolder(path): return
        case ENOENT where parent(of: path) != path:
            try create(parent(of: path))
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure.system("create", path) }
            try sync(parent(of: path))
        default: throw Failure.system("create", path)
        }
    }

    /// Names in the folder, without `.` and `..`, sorted.
    public static func items(_ path: String) throws(Failure) -> [Item] {
        guard let stream = unsafe opendir(path) else { throw Failure.system("list", path) }
        defer { unsafe closedir(stream) }
        var items: [Item] = []
        while true {
            // The end and a failing disk look alike but for errno.
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let type = unsafe entry.pointee.d_type
            let known = type != UInt8(DT_UNKNOWN) && type != UInt8(DT_LNK)
            items.append(Item(name: name, isFolder: known ? type == UInt8(DT_DIR) : isFolder(path + "/" + name)))
        }
        guard errno == 0 else { throw Failure.system("list", path) }
        return items.sorted { $0.name < $1.name }
    }

    /// Whether the name itself is a folder, and not a link to one: what must be asked before anything is removed.
    private static func isOwnFolder(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    public static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// The whole path of what is there, without `.`, `..` and links; nil when nothing is.
    public static func resolved(_ path: String) -> String? {
        guard let whole = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(whole) }
        return unsafe String(cString: whole)
    }

    /// Whether two names lead to the same file, whichever way.
    public static func isSameFile(_ path: String, _ other: String) -> Bool {
        var (one, two) = (stat(), stat())
        guard unsafe stat(path, &one) == 0, unsafe stat(other, &two) == 0 else { return false }
        return one.st_dev == two.st_dev && one.st_ino == two.st_ino
    }

    /// There is something of that name, and it is no regular file: a folder, a device, a pipe.
    public static func isSpecial(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT != S_IFREG
    }

    private static func permissions(_ path: String) -> UInt32? {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : nil
    }

    public static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Size in bytes of a regular file; nil when there is none.
    public static func size(_ path: String) -> Int64? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(facts.st_size)
    }

    /// Removes the folder and all that is in it; of a link, the link alone. Names that vanish meanwhile are no error.
    public static func remove(_ path: String) throws(Failure) {
        guard isOwnFolder(path) else { return try removeFile(path) }
        try empty(path)
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw Failure.system("remove", path) }
    }

    /// Removes all that is in the folder, and keeps the folder.
    public static func empty(_ path: String) throws(Failure) {
        for item in try items(path) {
            try remove("\(path)/\(item.name)")
        }
    }

    public static func removeFile(_ path: String) throws(Failure) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw Failure.system("remove", path) }
    }

    /// Where a file of this name is to be put, so that a rename destroys nothing but the file before it: a link stays a
    /// link, and what it leads to is replaced.
    ///
    /// - Throws: `storage.cannot_create` where a folder, a device or a pipe has the name: a file in the place of
    ///   `/dev/null` would take the machine with it.
    public static func destination(_ path: String) throws(Failure) -> String {
        guard !isSpecial(path) else {
            throw Failure(
                .cannotCreate, "\(path) is no regular file; it was left as it is",
                hint: "name a file: what is written there replaces what has the name")
        }
        var place = path
        // As many as the kernel follows.
        for _ in 0..<40 {
            guard let next = link(at: place) else { return place }
            place = next.hasPrefix("/") ? next : "\(parent(of: place))/\(next)"
        }
        throw Failure.system("follow", path, ELOOP)
    }

    private static func link(at path: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &text, text.count)
        return count > 0 ? String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// Puts `bytes` at `path` all at once: a reader sees the old file or the new one, also after a power cut.
    ///
    /// - Parameter mode: Of a new file; one that is replaced keeps its own. Nil is the owner's alone.
    /// - Throws: As ``destination(_:)`` does.
    public static func replaceFile(_ path: String, with bytes: [UInt8], mode: UInt32? = nil) throws(Failure) {
        let path = try destination(path)
        let temporary = "\(parent(of: path))/.\(name(of: path)).\(getpid()).tmp"
        try removeFile(temporary)
        do throws(Failure) {
            let file = try OutputFile(creating: temporary)
            try file.write(bytes)
            if let mode { try file.permit(permissions(path) ?? mode) }
            try file.sync()
            file.close()
            giveToOwner(of: parent(of: path), temporary)
            try rename(temporary, to: path)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    /// What root writes into the folder of another user becomes that user's: root pins a set by day, and by night the
    /// job of `postgres` must be able to read the note.
    static func giveToOwner(of folder: String, _ file: String) {
        var facts = stat()
        guard geteuid() == 0, unsafe stat(folder, &facts) == 0, facts.st_uid != 0 else { return }
        _ = unsafe lchown(file, facts.st_uid, facts.st_gid)
    }

    /// Renames within one file system and syncs the folder that holds the new name.
    public static func rename(_ old: String, to new: String) throws(Failure) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw Failure.system("rename \(old) to", new) }
        try sync(parent(of: new))
    }

    /// Makes the names in the folder durable.
    public static func sync(_ path: String) throws(Failure) {
        let descriptor = unsafe open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.system("sync", path) }
        defer { close(descriptor) }
        // Some network file systems refuse to sync a folder; their renames are synchronous.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Failure.system("sync", path) }
    }

    /// Bytes that this user may still write on the file system of `path`, or of the nearest folder above it.
    public static func freeBytes(_ path: String) throws(Failure) -> Int64 {
        var place = path
        while !exists(place), parent(of: place) != place { place = parent(of: place) }
        var facts = statvfs()
        guard unsafe statvfs(place, &facts) == 0 else { throw Failure.system("read the free space of", place) }
        return Int64(facts.f_bavail) * Int64(facts.f_frsize)
    }

    /// - Throws: `storage.denied`, or what else keeps this user from making something in the folder.
    public static func requireWritable(_ path: String) throws(Failure) {
        guard unsafe access(path, W_OK | X_OK) == 0 else { throw Failure.system("write to", path) }
    }

    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
