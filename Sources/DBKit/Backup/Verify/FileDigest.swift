import Operations
import Storage

/// What reading a file once tells: its length, its digest, and which of its chunks are not what they should be.
struct FileDigest: Sendable, Hashable {
    var length: Int64
    var sha256: String
    /// Indexes of damaged chunks.
    var badChunks: [Int]

    /// Reads the file from front to back, once, whatever the order of the chunks. A chunk that lies outside the file
    /// or over another is damaged, too.
    init(of file: InputFile, chunks: [Manifest.Chunk] = []) throws {
        var whole = Digest()
        var bad: Set<Int> = []
        var position: Int64 = 0
        for (index, chunk) in chunks.enumerated().sorted(by: { $0.element.offset < $1.element.offset }) {
            let end = chunk.offset.addingReportingOverflow(chunk.length)
            guard chunk.offset >= position, chunk.length >= 0, !end.overflow, end.partialValue <= file.length else {
                bad.insert(index)
                continue
            }
            try file.read(position..<chunk.offset) { whole.update($0) }
            var own = Digest()
            try file.read(chunk.offset..<end.partialValue) { block in
                whole.update(block)
                own.update(block)
            }
            if own.hex != chunk.sha256 { bad.insert(index) }
            position = end.partialValue
        }
        try file.read(position..<file.length) { whole.update($0) }
        length = file.length
        sha256 = whole.hex
        badChunks = bad.sorted()
    }
}
