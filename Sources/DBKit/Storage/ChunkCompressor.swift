import Foundation
public import Operations

/// Compresses, hashes and writes the chunks of one worker on a thread beside the one that reads the socket.
///
/// The reader fills blocks of 1 MiB; at most ``depth`` of them wait, then the reader waits (and with it the server):
/// memory stays flat however large the table. A chunk that fits into one block is compressed where it is, for ten
/// thousand small tables a thread change each would cost more than the work.
///
/// One chunk at a time: ``begin(_:of:)``, ``write(_:)``…, ``finish()``. One worker calls it, never two.
public final class ChunkCompressor: @unchecked Sendable {
    // Unchecked because two threads share it by a protocol that no annotation expresses: everything below `gate` is
    // read and written only while holding it, the encoder and the output belong to the compressing thread while blocks
    // are under way and to the worker else. ChunkCompressorTests run it under the thread sanitizer.
    @safe private final class Block {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
        var count = 0
        var isLast = false
        deinit { unsafe bytes.deallocate() }

        /// Copies what fits; the rest is the caller's.
        func fill(from source: UnsafeRawBufferPointer) -> Int {
            let fitting = unsafe min(source.count, bytes.count - count)
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[..<fitting]))
            count += fitting
            return fitting
        }
    }

    private static let blockSize = 1 << 20
    private static let depth = 3

    private let compression: Compression
    private var encoder: ChunkEncoder
    private var target: (file: DataFile, chunk: Int, output: OutputFile, offset: Int64)?
    private var digest = Digest()
    private var filling: Block?

    private let gate = NSCondition()
    private var waiting: [Block] = []
    private var spare: [Block] = []
    private var isBusy = false
    private var isClosed = false
    private var hasThread = false
    private var trouble: Failure?

    public init(_ compression: Compression) throws(Failure) {
        self.compression = compression
        encoder = try ChunkEncoder(compression)
    }

    /// Starts a chunk of `file`.
    public func begin(_ chunk: Int, of file: DataFile) throws(Failure) {
        let output = try file.claim(chunk)
        target = (file, chunk, output, output.length)
        digest = Digest()
        encoder.reset()
    }

    /// Takes the next bytes of the chunk; returns when they are copied. Waits while the queue is full.
    public func write(_ bytes: RawSpan) throws(Failure) {
        let failure: Failure? = unsafe bytes.withUnsafeBytes { source in
            var rest = unsafe source
            do throws(Failure) {
                while unsafe !rest.isEmpty {
                    let block = filling ?? takeSpare()
                    filling = block
                    let taken = unsafe block.fill(from: rest)
                    unsafe rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
                    if block.count == Self.blockSize { try submit(block) }
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    public func write(_ bytes: [UInt8]) throws(Failure) {
        try write(unsafe bytes.span.bytes)
    }

    /// Completes the chunk and delivers it to its file.
    public func finish() throws(Failure) -> WrittenChunk {
        guard let target else { throw Failure(.inputOutput, "no chunk was begun") }
        let last = filling ?? takeSpare()
        filling = nil
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
        filling = nil
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
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: block.bytes[..<block.count]).bytes
        try encoder.encode(bytes, end: block.isLast) { (piece) throws(Failure) in
            digest.update(piece)
            try output.write(piece)
        }
    }
}
