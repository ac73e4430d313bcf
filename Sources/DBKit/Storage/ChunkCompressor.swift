import Foundation
public import Operations
import Synchronization

/// Compresses, hashes and writes the chunks of one worker on a thread beside the one that reads the socket.
///
/// The reader fills blocks of 1 MiB; at most ``depth`` of them wait, then the reader waits (and with it the server):
/// memory stays flat however large the table. A chunk that fits into one block is compressed where it is, for ten
/// thousand small tables a thread change each would cost more than the work.
///
/// One chunk at a time: ``begin(_:of:)``, ``write(_:)``…, ``finish()``. One worker calls it, never two.
@safe public final class ChunkCompressor: @unchecked Sendable {
    // Unchecked because two threads share it by a protocol that no annotation expresses: everything below `gate` is
    // read and written only while holding it, the encoder and the output belong to the compressing thread while blocks
    // are under way and to the worker else. ChunkCompressorTests run it under the thread sanitizer.
    @safe private final class Block {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
        var count = 0
        var isLast = false
        deinit { unsafe bytes.deallocate() }
    }

    private static let blockSize = 1 << 20
    private static let depth = 3
    /// The strongest levels take a second for a block, and zstd cannot be interrupted: they get it in pieces.
    private static let pieceSize = 64 << 10

    private let compression: Compression
    private var encoder: ChunkEncoder
    private var target: (file: DataFile, chunk: Int, output: OutputFile, offset: Int64)?
    private var digest = Digest()
    private var filling: Block?
    /// Where the next byte of ``filling`` goes, and how many still do: a row is some fifty bytes, and there are
    /// millions of them.
    private var cursor: UnsafeMutableRawPointer?
    private var room = 0

    private let gate = NSCondition()
    private var waiting: [Block] = []
    private var spare: [Block] = []
    private var isBusy = false
    private var isClosed = false
    private var hasThread = false
    private var trouble: Failure?
    private let isAbandoned = Atomic(false)

    /// Runs `body` with a compressor that a cancelled task does not wait for.
    public static func with<T>(
        _ compression: Compression, isolation: isolated (any Actor)? = #isolation,
        _ body: (ChunkCompressor) async throws -> T
    ) async throws -> T {
        let compressor = try ChunkCompressor(compression)
        defer { compressor.close() }
        return try await withTaskCancellationHandler {
            try await body(compressor)
        } onCancel: {
            compressor.abandon()
        }
    }

    public init(_ compression: Compression) throws(Failure) {
        self.compression = compression
        encoder = try ChunkEncoder(compression)
    }

    /// Starts a chunk of `file`.
    public func begin(_ chunk: Int, of file: DataFile) throws(Failure) {
        if let abandoned = takeFilled() { recycle(abandoned) }
        let output = try file.claim(chunk)
        target = (file, chunk, output, output.length)
        digest = Digest()
        encoder.reset()
    }

    /// Takes the next bytes of the chunk; returns when they are copied. Waits while the queue is full.
    @inline(__always)
    public func write(_ bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount <= room else { return try writeOver(bytes) }
        put(bytes)
    }

    /// What does not fit into the block begun.
    private func writeOver(_ bytes: RawSpan) throws(Failure) {
        var rest = bytes
        while rest.byteCount > 0 {
            if room == 0 { try turnBlock() }
            let fitting = rest.extracting(first: room)
            rest = rest.extracting(droppingFirst: fitting.byteCount)
            put(fitting)
        }
    }

    @inline(__always)
    private func put(_ bytes: RawSpan) {
        guard let target = unsafe cursor else { return }
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe target.copyMemory(from: start, byteCount: source.count)
        }
        unsafe cursor = target + bytes.byteCount
        room -= bytes.byteCount
    }

    /// Hands the full block over and begins another.
    private func turnBlock() throws(Failure) {
        if let full = takeFilled() { try submit(full) }
        let block = takeSpare()
        filling = block
        unsafe cursor = block.bytes.baseAddress
        room = Self.blockSize
    }

    /// The block begun, with what it holds.
    private func takeFilled() -> Block? {
        guard let block = filling else { return nil }
        block.count = Self.blockSize - room
        filling = nil
        unsafe cursor = nil
        room = 0
        return block
    }

    public func write(_ bytes: [UInt8]) throws(Failure) {
        try write(unsafe bytes.span.bytes)
    }

    /// Completes the chunk and delivers it to its file.
    public func finish() throws(Failure) -> WrittenChunk {
        guard let target else { throw Failure(.inputOutput, "no chunk was begun") }
        let last = takeFilled() ?? takeSpare()
        last.isLast = true
        if isIdle {
            try encode(last)
            recycle(last)
        } else {
            try submit(last)
            try drain()
        }
        let written = WrittenChunk(
            offset: target.offset, length: target.output.length - target.offset, sha256: digest.hex,
            plainBytes: encoder.plain.length)
        try target.file.deliver(target.chunk, from: target.output, written: written, plain: encoder.plain)
        self.target = nil
        return written
    }

    /// Gives up what is under way, from any thread: whoever waits for it is told so.
    public func abandon() {
        isAbandoned.store(true, ordering: .releasing)
        gate.withLock {
            trouble = trouble ?? Self.wasAbandoned
            gate.broadcast()
        }
    }

    private static let wasAbandoned = Failure(.runInterrupted, "stopped while rows were being compressed")

    /// Ends the thread. What was not finished is lost; the caller discards the whole set then.
    public func close() {
        gate.withLock {
            isClosed = true
            gate.broadcast()
            while isBusy { gate.wait() }
        }
    }

    private var isIdle: Bool {
        gate.withLock { waiting.isEmpty && !isBusy && trouble == nil }
    }

    private func takeSpare() -> Block {
        gate.withLock { spare.popLast() } ?? Block()
    }

    private func recycle(_ block: Block) {
        block.count = 0
        block.isLast = false
        gate.withLock { spare.append(block) }
    }

    private func submit(_ block: Block) throws(Failure) {
        let failure: Failure? = gate.withLock {
            if !hasThread {
                hasThread = true
                let thread = Thread { [self] in compressUntilClosed() }
                thread.name = "compress"
                thread.start()
            }
            while waiting.count >= Self.depth, trouble == nil { gate.wait() }
            waiting.append(block)
            gate.broadcast()
            return trouble
        }
        if let failure { throw failure }
    }

    private func drain() throws(Failure) {
        let failure: Failure? = gate.withLock {
            while trouble == nil, isBusy || !waiting.isEmpty { gate.wait() }
            return trouble
        }
        if let failure { throw failure }
    }

    private func compressUntilClosed() {
        while let block = nextBlock() {
            do throws(Failure) {
                try encode(block)
                recycle(block)
            } catch {
                gate.withLock { trouble = error }
            }
            gate.withLock {
                isBusy = false
                gate.broadcast()
            }
        }
    }

    private func nextBlock() -> Block? {
        gate.withLock {
            while waiting.isEmpty || trouble != nil {
                if isClosed { return nil }
                gate.wait()
            }
            if isClosed { return nil }
            isBusy = true
            let block = waiting.removeFirst()
            gate.broadcast()
            return block
        }
    }

    private func encode(_ block: Block) throws(Failure) {
        guard let output = target?.output else { throw Failure(.inputOutput, "no chunk was begun") }
        var rest = unsafe UnsafeRawBufferPointer(rebasing: block.bytes[..<block.count]).bytes
        let pieceSize = compression.isSlow ? Self.pieceSize : Self.blockSize
        if block.isLast { encoder.expectOnly(rest.byteCount) }
        repeat {
            guard !isAbandoned.load(ordering: .acquiring) else { throw Self.wasAbandoned }
            let piece = rest.extracting(first: pieceSize)
            rest = rest.extracting(droppingFirst: piece.byteCount)
            try encoder.encode(piece, end: block.isLast && rest.byteCount == 0) { (piece) throws(Failure) in
                digest.update(piece)
                try output.write(piece)
            }
        } while rest.byteCount > 0
    }
}
