import Glibc
public import Operations

/// A file that is read in blocks, or at given offsets by several readers at once.
public final class InputFile: Sendable {
    public let path: String
    /// Length when it was opened.
    public let length: Int64
    private let descriptor: Int32

    public init(opening path: String) throws(Failure) {
        self.path = path
        // Not blocking: to open a FIFO would wait for whoever writes into it, for ever.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure.system("open", path) }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else {
            Glibc.close(descriptor)
            throw Failure.system("read", path)
        }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw Failure(.corrupt, "\(path) is not a regular file")
        }
        length = Int64(facts.st_size)
    }

    deinit { Glibc.close(descriptor) }

    /// Hands the bytes of a range to `body` in blocks of at most 1 MiB; a file that ends before the range does is
    /// `storage.corrupt`. A task that was cancelled reads no further block.
    public func read(_ range: Range<Int64>, _ body: (RawSpan) throws -> Void) throws {
        let size = Int(min(Int64(1 << 20), max(1, range.upperBound - range.lowerBound)))
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { unsafe block.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            try Task.checkCancellation()
            let wanted = Int(min(Int64(size), range.upperBound - offset))
            let count = unsafe pread(descriptor, block.baseAddress, wanted, off_t(offset))
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure.system("read", path)
            }
            guard count > 0 else {
                throw Failure(.corrupt, "\(path) ends at byte \(offset), \(range.upperBound - offset) bytes early")
            }
            try body(unsafe UnsafeRawBufferPointer(rebasing: block[..<count]).bytes)
            offset += Int64(count)
        }
    }

    /// Returns once what was written to the file, by whomever, is on the disk.
    public func sync() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw Failure.system("sync", path) }
    }

    /// All of it, for files that are known to be small.
    public func readAll(limit: Int64 = 1 << 30) throws(Failure) -> [UInt8] {
        guard length <= limit else { throw Failure(.corrupt, "\(path) is larger than \(limit) bytes") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(length))
        do {
            try read(0..<length) { block in
                unsafe block.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.runInterrupted, "reading \(path) was interrupted")
        }
        return bytes
    }
}
