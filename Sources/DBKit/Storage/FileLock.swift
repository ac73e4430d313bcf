import CLinux
import Glibc
public import Operations

/// A lock on a file that the kernel gives back when its holder dies, however it dies (B6).
///
/// The file is never removed: unlinking it would let two runs hold "the" lock on two different files. Its content
/// only says who holds it; whether it is held, the kernel alone knows.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or says who has it.
    ///
    /// - Parameters:
    ///   - note: what the holder is doing, e.g. the run id; shown to the one who has to wait.
    ///   - now: seconds since 1970, from the caller's clock.
    /// - Throws: `storage.lock_held` with the holder's pid and age.
    public init(_ path: String, note: String, now: Int64) throws(Failure) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure.system("open the lock", path) }
        guard clinux_try_lock(descriptor) == 0 else {
            let code = errno
            // No close here: deinit runs, because everything is initialised.
            guard code == EWOULDBLOCK else { throw Failure.system("lock", path, code) }
            throw Failure(
                .repositoryLocked, "another run holds \(path)\(Self.holder(descriptor, now: now))",
                hint:
                    "wait for it, or let this run wait with --wait 10m; should it be stuck, end that process: its lock goes with it"
            )
        }
        Folder.giveToOwner(of: Folder.parent(of: path), path)
        // Over the old text and then cut: whoever looks in between still reads a holder.
        let text = Array("\(getpid()) \(now) \(note)\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        ftruncate(descriptor, off_t(text.count))
    }

    /// Gives the lock back; the file stays.
    public func release() {
        clinux_unlock(descriptor)
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32, now: Int64) -> String {
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let since = Int64(words[1]) else { return "" }
        let run = words.count > 2 ? " (\(words[2...].joined(separator: " ")))" : ""
        return ": pid \(words[0]), for \(max(0, now - since)) s\(run)"
    }
}
