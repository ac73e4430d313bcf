import CLinux
import Glibc
public import Operations

/// A new file that only its owner may read, written from front to back.
///
/// Every error names the path; a short write is continued, and a full disk is a failure of its own (B2). Not
/// `Sendable`: whoever writes holds it alone, see ``ChunkCompressor`` for the one hand-over there is.
public final class OutputFile {
    public let path: String
    /// Bytes written so far.
    public private(set) var length: Int64 = 0
    private var descriptor: Int32

    /// Creates the file; one that is already there is a failure, never overwritten.
    public init(creating path: String) throws(Failure) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure.system("create", path) }
    }

    public func write(_ bytes: RawSpan) throws(Failure) {
        let code = unsafe bytes.withUnsafeBytes { buffer in unsafe writeAll(buffer) }
        guard code == 0 else { throw Failure.system("write", path, code) }
    }

    public func write(_ bytes: [UInt8]) throws(Failure) {
        try write(unsafe bytes.span.bytes)
    }

    /// Appends all of another file without bringing its bytes through this process.
    public func append(contentsOf other: String) throws(Failure) {
        let source = unsafe open(other, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw Failure.system("open", other) }
        defer { Glibc.close(source) }
        while true {
            let copied = clinux_copy_file(source, descriptor, 1 << 26)
            if copied == 0 { return }
            if copied < 0 {
                if errno == EINTR { continue }
                throw Failure.system("append to", path)
            }
            length += Int64(copied)
        }
    }

    /// Returns once the bytes are on the disk.
    public func sync() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw Failure.system("sync", path) }
    }

    /// Lets others read it, too: `0o644`.
    func permit(_ mode: UInt32) throws(Failure) {
        guard fchmod(descriptor, mode) == 0 else { throw Failure.system("set the mode of", path) }
    }

    /// Lets the disk begin with what was written, without waiting for it: a later sync has less to do.
    public func startWriting() {
        clinux_start_writing(descriptor)
    }

    /// Closes the file; closing twice is harmless.
    public func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    deinit { close() }

    private func writeAll(_ buffer: UnsafeRawBufferPointer) -> Int32 {
        var rest = unsafe buffer
        while unsafe !rest.isEmpty {
            let written = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            length += Int64(written)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        return 0
    }
}
