public import Operations

/// A place that keeps backup sets: today a folder, later a bucket.
///
/// Paths are relative, with `/` between names. Nothing that a reader can see is ever half there: files appear by
/// ``update(_:_:)`` or with a whole folder by ``StagedFolder/publish()``.
public protocol Repository: Sendable {
    /// How a person names it.
    var location: String { get }

    /// Names in a folder, sorted; those that begin with a dot are dbctl's own and left out. A folder that does not
    /// exist has none.
    ///
    /// - Throws: `storage.repository_not_found` when there is no repository at all.
    func names(in folder: String) throws(Failure) -> [Folder.Item]

    /// Whether there is such a file or folder.
    func exists(_ path: String) -> Bool

    /// All of a small file.
    func read(_ path: String) throws(Failure) -> [UInt8]

    /// A text that is another one as soon as the file is another one, or was written to; nil when there is none.
    func stamp(_ path: String) -> String?

    /// Keeps bytes that may be lost, all of them or none, and says nothing when it cannot.
    func cache(_ bytes: [UInt8], at path: String)

    /// Changes a small file, whole or not at all. Two runs that change it at once do so one after the other: neither
    /// loses what the other wrote.
    ///
    /// - Parameter change: from the bytes as they are, nil when there is no such file, to those that are to be.
    func update(_ path: String, _ change: ([UInt8]?) throws(Failure) -> [UInt8]) throws(Failure)

    /// Begins a folder that nobody sees until it is published.
    func stage(_ path: String) throws(Failure) -> any StagedFolder

    /// Removes a folder and the notes beside it (files whose names are its own, a dot and more). It is gone for every
    /// reader in one step, and what a killed run leaves of it, the next ``sweep(_:)`` removes. Call it only while
    /// holding the lock of the folder above.
    ///
    /// - Parameter isKept: asked at the last moment, while nobody can change a note.
    /// - Returns: false when it was kept.
    func remove(_ folder: String, unless isKept: () throws(Failure) -> Bool) throws(Failure) -> Bool

    /// Removes what killed runs left in `folder`, and ends the removals that they had begun. Call it only while holding the folder's lock.
    ///
    /// - Returns: what was removed, as paths for people.
    func sweep(_ folder: String) throws(Failure) -> [String]

    /// Keeps other runs away from `folder`; the kernel frees it when this process ends.
    func lock(_ folder: String, note: String, now: Int64) throws(Failure) -> FileLock

    /// Bytes that can still be written; nil where nobody can know.
    func freeBytes() throws(Failure) -> Int64?

    /// Where a person, or `pg_restore`, finds the path.
    func url(_ path: String) -> String
}

/// A folder under construction.
public protocol StagedFolder: Sendable {
    /// Where its files are written.
    var path: String { get }

    /// Makes all of it durable, and visible under its final name, in one step (B1).
    func publish() throws(Failure)

    /// Removes it; after ``publish()`` it does nothing.
    func discard()
}
