import DBKit
import Foundation
import TestSupport
import Testing

/// One file, several workers, and every chunk a unit that can be read by itself.
@Suite struct DataFileTests {
    private static let methods = ["zstd", "zstd:20", "gzip", "none"]

    /// `size` bytes that differ from chunk to chunk and do not compress to nothing.
    private static func bytes(_ seed: Int, _ size: Int) -> [UInt8] {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<size).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 60)
        }
    }

    private static func decode(_ bytes: [UInt8], _ form: Decompressor.Form) throws -> [UInt8] {
        var plain: [UInt8] = []
        var decompressor = try Decompressor(form)
        for start in stride(from: 0, to: bytes.count, by: 1000) {
            let piece = Array(bytes[start..<min(start + 1000, bytes.count)])
            try decompressor.decode(unsafe piece.span.bytes) { block in
                unsafe block.withUnsafeBytes { unsafe plain.append(contentsOf: $0) }
            }
        }
        try decompressor.finish()
        return plain
    }

    @Test("chunks that three workers wrote at once are read back whole and one by one", arguments: methods)
    func workers(method: String) async throws {
        try await withTemporaryFolder { folder in
            let compression = try #require(Compression(method))
            let path = "\(folder)/1.dat\(compression.suffix)"
            let file = try DataFile(
                creating: path, compression: compression, prefix: CopyStream.binaryHeader,
                suffix: CopyStream.binaryTrailer)
            let contents = (0..<9).map { Self.bytes($0, $0 == 4 ? 2_500_000 : $0 == 5 ? 300_000 : $0 * 1000) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<3 {
                    group.addTask {
                        let compressor = try ChunkCompressor(compression)
                        defer { compressor.close() }
                        for chunk in stride(from: worker, to: contents.count, by: 3) {
                            try compressor.begin(chunk, of: file)
                            try compressor.write(contents[chunk])
                            _ = try compressor.finish()
                        }
                    }
                }
                while try await group.next() != nil {}
            }
            let chunks = try file.complete()
            #expect(try Folder.items(folder).map(\.name) == ["1.dat\(compression.suffix)"])
            let bytes = try InputFile(opening: path).readAll()
            let form = Decompressor.Form(fileName: path)
            for (number, chunk) in chunks.enumerated() {
                let piece = Array(bytes[Int(chunk.offset)..<Int(chunk.offset + chunk.length)])
                #expect(Digest.hex(piece) == chunk.sha256)
                #expect(try Self.decode(piece, form.chunk) == contents[number])
            }
            let inFileOrder = chunks.indices.sorted { chunks[$0].offset < chunks[$1].offset }
            let expected =
                CopyStream.binaryHeader + inFileOrder.flatMap { contents[$0] } + CopyStream.binaryTrailer
            #expect(try Self.decode(bytes, form) == expected)
        }
    }

    @Test("a chunk that is given up is never delivered, and whoever writes or waits for it is told, B18")
    func abandoned() async throws {
        try await withTemporaryFolder { folder in
            let compression = try #require(Compression("zstd:22"))
            let file = try DataFile(
                creating: "\(folder)/1.dat.zst", compression: compression, prefix: [], suffix: [])
            let compressor = try ChunkCompressor(compression)
            defer { compressor.close() }
            try compressor.begin(0, of: file)
            try compressor.write(Self.bytes(1, 100_000))
            compressor.abandon()
            let failure = #expect(throws: Failure.self) { try compressor.finish() }
            #expect(failure?.category == .interrupted)

            let waiting = Task {
                try await ChunkCompressor.with(compression) { compressor in
                    try compressor.begin(1, of: file)
                    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    for _ in 0..<100 { try compressor.write(Self.bytes(2, 1 << 20)) }
                    _ = try compressor.finish()
                }
            }
            await #expect(throws: Failure.self) { try await waiting.value }
        }
    }

    @Test("stock zstd and gzip read the file; a gzip file is one member, so no cut of it passes as whole, B3")
    func stockTools() async throws {
        try await withTemporaryFolder { folder in
            for (method, tool) in [("zstd", "zstd"), ("gzip", "gzip")] {
                let compression = try #require(Compression(method))
                let path = "\(folder)/\(method)\(compression.suffix)"
                let file = try DataFile(creating: path, compression: compression, prefix: [1], suffix: [2])
                let compressor = try ChunkCompressor(compression)
                defer { compressor.close() }
                for chunk in 0..<3 {
                    try compressor.begin(chunk, of: file)
                    try compressor.write(Self.bytes(chunk, 5000))
                    _ = try compressor.finish()
                }
                let chunks = try file.complete()
                #expect(try await Program.run(tool, ["-t", path]).exitCode == 0)
                guard method == "gzip" else { continue }
                for chunk in chunks {
                    let cut = try InputFile(opening: path).readAll().prefix(Int(chunk.offset + chunk.length))
                    try Data(cut).write(to: URL(fileURLWithPath: "\(folder)/cut.gz"))
                    #expect(try await Program.run(tool, ["-t", "\(folder)/cut.gz"]).exitCode != 0)
                }
            }
        }
    }

    @Test("a stream that was cut or changed is refused by the decompressor, B3", arguments: ["zstd", "gzip"])
    func damaged(method: String) async throws {
        try await withTemporaryFolder { folder in
            let compression = try #require(Compression(method))
            let path = "\(folder)/1\(compression.suffix)"
            let file = try DataFile(creating: path, compression: compression, prefix: [], suffix: [])
            let compressor = try ChunkCompressor(compression)
            defer { compressor.close() }
            try compressor.begin(0, of: file)
            try compressor.write(Self.bytes(1, 3000))
            _ = try compressor.finish()
            _ = try file.complete()
            let bytes = try InputFile(opening: path).readAll()
            let form = Decompressor.Form(fileName: path)
            #expect(throws: Failure.self) { try Self.decode(Array(bytes.dropLast(5)), form) }
            var flipped = bytes
            flipped[bytes.count / 2] ^= 1
            #expect(throws: Failure.self) { try Self.decode(flipped, form) }
        }
    }
}
