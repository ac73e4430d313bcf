import CZlib
import CZstd
import Operations

/// Compresses one chunk after the other. Each chunk is a unit of its own: it can be cut out of the file and
/// decompressed without the others.
///
/// - zstd: one frame a chunk, with a content checksum so that `zstd -t` looks at the bytes too.
/// - gzip: raw deflate that ends in a full flush. A gzip *member* per chunk would let a file that was cut between two
///   members pass as complete (*seen*: stock `pg_restore` exits 0, rows are missing), so ``GzipFrame`` puts one
///   header before all chunks and one trailer behind them.
@safe struct ChunkEncoder: ~Copyable {
    /// What a gzip trailer needs to know about the bytes before compression.
    struct Plain: Sendable, Hashable {
        var crc: UInt = 0
        var length: Int64 = 0
    }

    @safe private enum Engine {
        case zstd(OpaquePointer)
        case deflate(UnsafeMutablePointer<z_stream>)
        case copy
    }

    private let engine: Engine
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private(set) var plain = Plain()

    init(_ compression: Compression) throws(Failure) {
        switch compression {
        case .zstd(let level):
            guard let context = unsafe ZSTD_createCCtx() else { throw Self.outOfMemory }
            unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
            unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
            if level == 1 {
                // Rows repeat what stands a few rows before them. A smaller window and table stay in the processor's
                // caches: 8 % faster than the library's choice (19 and 14) on rows of numbers, at the same size.
                unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 18)
                unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 13)
            }
            if level > 19 {
                // Chunks are some 16 MiB. The library's windows of 32 to 128 MiB come with tables of up to 640 MiB for each
                // job, which are cleared in one call that no signal interrupts.
                unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 23)
            }
            engine = unsafe .zstd(context)
        case .gzip(let level):
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            let size = unsafe Int32(MemoryLayout<z_stream>.size)
            let code = unsafe deflateInit2_(
                stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
            guard code == Z_OK else {
                unsafe stream.deallocate()
                throw Self.outOfMemory
            }
            engine = unsafe .deflate(stream)
        case .none: engine = .copy
        }
    }

    deinit {
        switch engine {
        case .zstd(let context): unsafe ZSTD_freeCCtx(context)
        case .deflate(let stream):
            unsafe deflateEnd(stream)
            unsafe stream.deallocate()
        case .copy: break
        }
        unsafe output.deallocate()
    }

    /// Forgets an unfinished chunk.
    mutating func reset() {
        plain = Plain()
        switch engine {
        case .zstd(let context): unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        case .deflate(let stream): unsafe deflateReset(stream)
        case .copy: break
        }
    }

    /// What is to come is all there is of the chunk: zstd takes tables of that size, as it does where it gets all at once.
    func expectOnly(_ bytes: Int) {
        guard plain.length == 0, case .zstd(let context) = engine else { return }
        unsafe ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes))
    }

    /// Compresses `input` and hands out what is ready; with `end` the chunk is complete afterwards.
    mutating func encode(
        _ input: RawSpan, end: Bool, _ emit: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        plain.length += Int64(input.byteCount)
        let failure = unsafe input.withUnsafeBytes { bytes -> Failure? in
            do throws(Failure) {
                switch engine {
                case .zstd(let context): try unsafe compress(context, bytes, end: end, emit)
                case .deflate(let stream): try unsafe deflate(stream, bytes, end: end, emit)
                case .copy: try emit(input)
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func compress(
        _ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer, end: Bool,
        _ emit: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let left = unsafe ZSTD_compressStream2(context, &target, &source, end ? ZSTD_e_end : ZSTD_e_continue)
            guard ZSTD_isError(left) == 0 else {
                throw Failure(.inputOutput, "zstd: \(unsafe String(cString: ZSTD_getErrorName(left)))")
            }
            if unsafe target.pos > 0 { try emit(unsafe UnsafeRawBufferPointer(rebasing: output[..<target.pos]).bytes) }
            if unsafe end ? left == 0 : source.pos == source.size { return }
        }
    }

    private mutating func deflate(
        _ stream: UnsafeMutablePointer<z_stream>, _ bytes: UnsafeRawBufferPointer, end: Bool,
        _ emit: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        if let start = unsafe start {
            plain.crc = unsafe crc32_z(plain.crc, start, bytes.count)
        }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(output.count)
            let code = unsafe CZlib.deflate(stream, end ? Z_FULL_FLUSH : Z_NO_FLUSH)
            // Z_BUF_ERROR only says that there was nothing left to do.
            guard code == Z_OK || code == Z_BUF_ERROR else { throw Failure(.inputOutput, "zlib: error \(code)") }
            let count = unsafe output.count - Int(stream.pointee.avail_out)
            if count > 0 { try emit(unsafe UnsafeRawBufferPointer(rebasing: output[..<count]).bytes) }
        } while unsafe stream.pointee.avail_out == 0
    }

    private static var outOfMemory: Failure { Failure(.inputOutput, "no memory for a compression stream") }
}
