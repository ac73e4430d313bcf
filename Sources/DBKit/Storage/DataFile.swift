import CZlib
public import Operations
import Synchronization

/// Where a chunk went: a range of bytes of its data file.
public struct WrittenChunk: Sendable, Hashable {
    public var offset: Int64
    public var length: Int64
    public var sha256: String
    /// Bytes before compression.
    public var plainBytes: Int64

    public init(offset: Int64, length: Int64, sha256: String, plainBytes: Int64) {
        self.offset = offset
        self.length = length
        self.sha256 = sha256
        self.plainBytes = plainBytes
    }
}

/// One data file that several workers fill with chunks at the same time.
///
/// Rows of a table have no order, so neither have its chunks: the first worker to come writes straight into the file,
/// the others beside it, and what they wrote is appended as soon as the file is free. A table of one chunk, the usual
/// case, is never copied. `prefix` and `suffix` (the header and trailer of the COPY stream) surround the chunks as
/// pieces of their own, so that a chunk can be loaded without them.
public final class DataFile: Sendable {
    private struct State: ~Copyable {
        var isTaken = false
        var spooled: [Spooled] = []
        var chunks: [Int: WrittenChunk] = [:]
        var gzip = GzipFrame()
    }

    private struct Spooled: Sendable {
        var chunk: Int
        var path: String
        var written: WrittenChunk
        var plain: ChunkEncoder.Plain
    }

    public let path: String
    public let compression: Compression
    private let suffix: [UInt8]
    // The file is touched only by the one who set `isTaken`, or by `complete` when all are done.
    private nonisolated(unsafe) let file: OutputFile
    private let state = Mutex(State())

    public init(
        creating path: String, compression: Compression, prefix: [UInt8], suffix: [UInt8]
    ) throws(Failure) {
        self.path = path
        self.compression = compression
        self.suffix = suffix
        unsafe file = try OutputFile(creating: path)
        if case .gzip = compression { try unsafe file.write(GzipFrame.header) }
        if !prefix.isEmpty { try writePiece(prefix) }
    }

    /// The file that a chunk is to be written into: this one when nobody else writes it, else one beside it.
    func claim(_ chunk: Int) throws(Failure) -> OutputFile {
        let direct = state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
        return direct ? unsafe file : try OutputFile(creating: "\(path).\(chunk).spool")
    }

    /// Takes note of a finished chunk, and appends those that waited for the file.
    func deliver(_ chunk: Int, from output: OutputFile, written: WrittenChunk, plain: ChunkEncoder.Plain)
        throws(Failure)
    {
        if unsafe output === file {
            state.withLock { state in
                state.chunks[chunk] = written
                state.gzip.add(plain)
                state.isTaken = false
            }
        } else {
            output.close()
            let spooled = Spooled(chunk: chunk, path: output.path, written: written, plain: plain)
            state.withLock { $0.spooled.append(spooled) }
        }
        try appendSpooled()
    }

    /// Writes the trailer; called once, when every chunk was delivered. The file is not on the disk yet: of ten thousand
    /// small ones each would wait for the disk alone. Whoever reads it back syncs it first.
    ///
    /// - Returns: the chunks, in the order of their numbers.
    public func complete() throws(Failure) -> [WrittenChunk] {
        try appendSpooled()
        if !suffix.isEmpty { try writePiece(suffix) }
        let (chunks, gzip) = state.withLock { state in
            (state.chunks.sorted { $0.key < $1.key }.map(\.value), state.gzip)
        }
        if case .gzip = compression { try unsafe file.write(gzip.trailer) }
        unsafe file.startWriting()
        unsafe file.close()
        return chunks
    }

    private func appendSpooled() throws(Failure) {
        while true {
            let next: Spooled? = state.withLock { state in
                guard !state.isTaken, !state.spooled.isEmpty else { return nil }
                state.isTaken = true
                return state.spooled.removeFirst()
            }
            guard var next else { return }
            next.written.offset = unsafe file.length
            try unsafe file.append(contentsOf: next.path)
            try Folder.removeFile(next.path)
            state.withLock { state in
                state.chunks[next.chunk] = next.written
                state.gzip.add(next.plain)
                state.isTaken = false
            }
        }
    }

    private func writePiece(_ bytes: [UInt8]) throws(Failure) {
        var encoder = try ChunkEncoder(compression)
        try encoder.encode(unsafe bytes.span.bytes, end: true) { (piece) throws(Failure) in try unsafe file.write(piece)
        }
        let plain = encoder.plain
        state.withLock { $0.gzip.add(plain) }
    }
}

/// The one gzip member that holds all chunks of a file: its header, and the trailer that vouches for the whole.
struct GzipFrame: Sendable {
    /// Magic, deflate, no flags, no time, made on Unix.
    static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]

    private var whole = ChunkEncoder.Plain()

    mutating func add(_ plain: ChunkEncoder.Plain) {
        whole.crc = crc32_combine(whole.crc, plain.crc, Int(plain.length))
        whole.length += plain.length
    }

    /// The empty last block, the CRC and the length.
    var trailer: [UInt8] {
        let crc = UInt32(truncatingIfNeeded: whole.crc)
        let length = UInt32(truncatingIfNeeded: whole.length)
        let fields = [crc, length].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        return [0x03, 0x00] + fields
    }
}
