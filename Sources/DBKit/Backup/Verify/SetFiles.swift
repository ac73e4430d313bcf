import Operations
import Storage

/// The files of one set folder, wherever it lies.
struct SetFiles: Sendable {
    /// How a person finds it.
    let place: String

    /// Every file below the folder, as relative paths, sorted.
    func names() throws(Failure) -> [String] {
        try names(below: "")
    }

    func open(_ name: String) throws(Failure) -> InputFile {
        try InputFile(opening: "\(place)/\(name)")
    }

    private func names(below folder: String) throws(Failure) -> [String] {
        var found: [String] = []
        for item in try Folder.items(folder.isEmpty ? place : "\(place)/\(folder)") {
            let path = folder.isEmpty ? item.name : "\(folder)/\(item.name)"
            if item.isFolder { found += try names(below: path) } else { found.append(path) }
        }
        return found
    }
}

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
            try Self.read(file, position..<chunk.offset) { whole.update($0) }
            var own = Digest()
            try Self.read(file, chunk.offset..<end.partialValue) { block in
                whole.update(block)
                own.update(block)
            }
            if own.hex != chunk.sha256 { bad.insert(index) }
            position = end.partialValue
        }
        try Self.read(file, position..<file.length) { whole.update($0) }
        length = file.length
        sha256 = whole.hex
        badChunks = bad.sorted()
    }

    /// A signal ends it within a block, however large the file.
    private static func read(_ file: InputFile, _ range: Range<Int64>, _ body: (RawSpan) throws -> Void) throws {
        try file.read(range) { block in
            try Task.checkCancellation()
            try body(block)
        }
    }
}
