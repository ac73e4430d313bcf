import CLinux
import Glibc
public import Operations

/// A file, FIFO or standard input that is read once, from front to back. Waiting for a slow writer, it stops within
/// 200 ms when the task is cancelled.
@safe public final class SequentialFile {
    /// As messages name it.
    public let name: String
    private let descriptor: Int32
    private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)

    /// - Throws: `storage.not_found` and its like; `storage.corrupt` for a folder.
    public init(opening path: String) throws(Failure) {
        name = path
        // Not blocking: to open a FIFO would wait for whoever writes into it, for ever.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            unsafe block.deallocate()
            throw Failure.system("open", path)
        }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else {
            Glibc.close(descriptor)
            unsafe block.deallocate()
            throw Failure(.corrupt, "\(path) is a folder, and no file")
        }
    }

    /// Reads what is open as number 0; it stays open.
    public init(standardInput name: String) {
        self.name = name
        descriptor = STDIN_FILENO
    }

    deinit {
        if descriptor != STDIN_FILENO { Glibc.close(descriptor) }
        unsafe block.deallocate()
    }

    /// Hands the next bytes to `body`, at most 128 KiB.
    ///
    /// - Returns: False at the end; `body` was not called then.
    public func read(_ body: (RawSpan) throws -> Void) throws -> Bool {
        while true {
            try Task.checkCancellation()
            var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&one, 1, 200)
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            let count = unsafe Glibc.read(descriptor, block.baseAddress, block.count)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw Failure.system("read", name)
            }
            guard count > 0 else { return false }
            try body(unsafe UnsafeRawBufferPointer(rebasing: block[..<count]).bytes)
            return true
        }
    }
}
