import CZlib
import CZstd
public import Operations

/// Turns the bytes of a data file, or of one chunk cut out of it, back into a COPY stream, block by block.
@safe public struct Decompressor: ~Copyable {
    /// What the input is.
    public enum Form: Sendable, Hashable {
        /// Any number of zstd frames.
        case zstd
        /// Any number of gzip members.
        case gzip
        /// A chunk cut out of a gzip file: deflate without header and end.
        case deflate
        case plain

        /// The form of a whole data file with that name.
        public init(fileName: String) {
            self = fileName.hasSuffix(".zst") ? .zstd : fileName.hasSuffix(".gz") ? .gzip : .plain
        }

        /// The form of one chunk of such a file.
        public var chunk: Form { self == .gzip ? .deflate : self }
    }

    @safe private enum Engine {
        case zstd(OpaquePointer)
        case inflate(UnsafeMutablePointer<z_stream>)
        case copy
    }

    private let form: Form
    private let engine: Engine
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    /// Whether the input may end here: before the first byte, and after a frame, member or flushed chunk.
    private var isAtBoundary = true

    /// - Parameter longestWindow: As a power of two: a zstd frame that needs more memory is refused. Nil: what zstd puts
    ///   up with, 128 MiB.
    public init(_ form: Form, longestWindow: Int? = nil) throws(Failure) {
        self.form = form
        switch form {
        case .zstd:
            guard let context = unsafe ZSTD_createDCtx() else { throw Self.outOfMemory }
            if let longestWindow {
                _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(longestWindow))
            }
            engine = unsafe .zstd(context)
        case .gzip, .deflate:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            let size = unsafe Int32(MemoryLayout<z_stream>.size)
            guard unsafe inflateInit2_(stream, form == .gzip ? 31 : -15, ZLIB_VERSION, size) == Z_OK else {
                unsafe stream.deallocate()
                throw Self.outOfMemory
            }
            engine = unsafe .inflate(stream)
        case .plain: engine = .copy
        }
    }

    deinit {
        switch engine {
        case .zstd(let context): unsafe ZSTD_freeDCtx(context)
        case .inflate(let stream):
            unsafe inflateEnd(stream)
            unsafe stream.deallocate()
        case .copy: break
        }
        unsafe output.deallocate()
    }

    /// Decompresses the next bytes of the input.
    ///
    /// - Throws: `storage.corrupt` when the bytes are no such stream, and whatever `body` throws.
    public mutating func decode(_ input: RawSpan, _ body: (RawSpan) throws -> Void) throws {
        var position = 0
        while true {
            let step = try step(input.extracting(droppingFirst: position), body)
            position += step.consumed
            if step.isDrained && (position == input.byteCount || step.consumed == 0) { return }
        }
    }

    /// What one step did.
    public struct Step: Sendable, Hashable {
        /// Bytes of the input that were taken.
        public var consumed: Int
        /// No more output comes of what was taken; else the next step may have an empty input.
        public var isDrained: Bool
    }

    /// Decompresses as far as one block of 256 KiB goes: `body` is called at most once (plain input comes whole).
    public mutating func step(_ input: RawSpan, _ body: (RawSpan) throws -> Void) throws -> Step {
        switch engine {
        case .copy:
            if input.byteCount > 0 { try body(input) }
            return Step(consumed: input.byteCount, isDrained: true)
        case .zstd(let context):
            return try unsafe input.withUnsafeBytes { bytes in try unsafe decodeFrame(context, bytes, body) }
        case .inflate(let stream):
            return try unsafe input.withUnsafeBytes { bytes in try unsafe inflateBlock(stream, bytes, body) }
        }
    }

    /// Says that the input is over.
    ///
    /// - Throws: `storage.corrupt` when it ended in the middle of a frame or member.
    public consuming func finish() throws(Failure) {
        guard isAtBoundary || form == .deflate else {
            throw Failure(.corrupt, "the compressed data ends in the middle of a \(form == .zstd ? "frame" : "member")")
        }
    }

    private mutating func decodeFrame(
        _ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer, _ body: (RawSpan) throws -> Void
    ) throws -> Step {
        var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let left = unsafe ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(left) == 0 else {
            if ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge {
                throw Failure(
                    .corrupt,
                    "zstd: the data needs more memory than is given to it (--ultra, --long)",
                    hint: "zstd -dc, with its option for long windows, decompresses it, and a pipe takes it from there")
            }
            throw Failure(.corrupt, "zstd: \(unsafe String(cString: ZSTD_getErrorName(left)))")
        }
        // Nothing in and nothing out says nothing about where it stands.
        if unsafe source.pos > 0 || target.pos > 0 { isAtBoundary = left == 0 }
        if unsafe target.pos > 0 { try body(unsafe UnsafeRawBufferPointer(rebasing: output[..<target.pos]).bytes) }
        // A full output buffer may hide more output of input that was already taken.
        return unsafe Step(consumed: source.pos, isDrained: target.pos < target.size || isAtBoundary)
    }

    private mutating func inflateBlock(
        _ stream: UnsafeMutablePointer<z_stream>, _ bytes: UnsafeRawBufferPointer, _ body: (RawSpan) throws -> Void
    ) throws -> Step {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
        if isAtBoundary, form == .gzip {
            guard unsafe stream.pointee.avail_in > 0 else { return Step(consumed: 0, isDrained: true) }
            unsafe inflateReset(stream)
        }
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let code = unsafe inflate(stream, Z_NO_FLUSH)
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            throw Failure(.corrupt, "gzip: the data is damaged (\(code))")
        }
        isAtBoundary = code == Z_STREAM_END
        let count = unsafe output.count - Int(stream.pointee.avail_out)
        if count > 0 { try body(unsafe UnsafeRawBufferPointer(rebasing: output[..<count]).bytes) }
        return unsafe Step(
            consumed: bytes.count - Int(stream.pointee.avail_in),
            isDrained: stream.pointee.avail_out > 0 || code == Z_STREAM_END)
    }

    private static var outOfMemory: Failure { Failure(.inputOutput, "no memory for a decompression stream") }
}
