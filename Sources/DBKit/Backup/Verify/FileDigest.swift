import Operations
import Storage
import Synchronization

/// What reading a file once tells: its length, its digest, and which of its chunks are not what they should be.
struct FileDigest: Sendable, Hashable {
    var length: Int64
    var sha256: String
    /// Indexes of damaged chunks.
    var badChunks: [Int]

    /// Reads the file from front to back, once, whatever the order of the chunks. A chunk that lies outside the file
    /// or over another is damaged, too.
    ///
    /// - Parameter meter: is told of every block.
    init(of file: InputFile, chunks: [Manifest.Chunk] = [], meter: DigestMeter) throws {
        var whole = Digest()
        var bad: Set<Int> = []
        var position: Int64 = 0
        for (index, chunk) in chunks.enumerated().sorted(by: { $0.element.offset < $1.element.offset }) {
            let end = chunk.offset.addingReportingOverflow(chunk.length)
            guard chunk.offset >= position, chunk.length >= 0, !end.overflow, end.partialValue <= file.length else {
                bad.insert(index)
                continue
            }
            try file.read(position..<chunk.offset) { block in
                whole.update(block)
                meter.add(block.byteCount)
            }
            var own = Digest()
            try file.read(chunk.offset..<end.partialValue) { block in
                whole.update(block)
                own.update(block)
                meter.add(block.byteCount)
            }
            if own.hex != chunk.sha256 { bad.insert(index) }
            position = end.partialValue
        }
        try file.read(position..<file.length) { block in
            whole.update(block)
            meter.add(block.byteCount)
        }
        length = file.length
        sha256 = whole.hex
        badChunks = bad.sorted()
    }
}

/// Adds up what several readers have read and tells of it.
final class DigestMeter: Sendable {
    private let done = Mutex<Int64>(0)
    private let phase: String
    private let total: Int64
    private let sink: any ProgressSink

    init(_ phase: String, total: Int64, sink: any ProgressSink) {
        (self.phase, self.total, self.sink) = (phase, total, sink)
    }

    func add(_ bytes: Int) {
        let sum = done.withLock { done in
            done += Int64(bytes)
            return done
        }
        sink.report(Progress(phase: phase, done: sum, total: total, unit: .bytes))
    }
}
