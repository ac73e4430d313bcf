import Foundation
import Glibc

/// Keeps two runs of one account on one machine apart, for jobs without a session that could hold a ``JobLock``. It goes
/// with the process.
public final class LocalLock: Sendable {
    private let descriptor: Int32

    /// - Parameter name: Of the job and what it works on; it becomes the name of a file in the folder for temporary files.
    /// - Throws: ``Failure`` `lock.held` (busy).
    public init(_ name: String) throws(Failure) {
        let key = UInt64(bitPattern: JobLock.key(of: name))
        let path = "\(FileManager.default.temporaryDirectory.path)/dbctl-\(getuid())-\(String(key, radix: 16)).lock"
        // Never through somebody else's link.
        descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw Failure(.lockHeld, "\(path) cannot be opened: \(reason)", hint: "remove it when nobody needs it")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(
                .lockHeld, "another run of “\(name)” is under way on this machine",
                detail: "Nothing was changed.", hint: "run the same command again in a moment")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
