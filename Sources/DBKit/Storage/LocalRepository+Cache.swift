import Glibc
import Operations

extension LocalRepository {
    /// Size, inode, and the times of the last write and the last change of any kind, to the nanosecond: a note is
    /// always another inode, and not even `touch` sets the second time back.
    public func stamp(_ path: String) -> String? {
        var facts = stat()
        guard unsafe stat(url(path), &facts) == 0 else { return nil }
        let (written, changed) = (facts.st_mtim, facts.st_ctim)
        return
            "\(facts.st_size).\(facts.st_ino).\(written.tv_sec).\(written.tv_nsec).\(changed.tv_sec).\(changed.tv_nsec)"
    }

    /// Only for the owner of the folder: a file that root leaves in the repository of `postgres` would be in its way.
    public func cache(_ bytes: [UInt8], at path: String) {
        let place = url(path)
        var facts = stat()
        guard unsafe stat(Folder.parent(of: place), &facts) == 0, facts.st_uid == geteuid() else { return }
        try? Folder.replaceFile(place, with: bytes)
    }
}
