import Operations
import Storage

/// The text of one file of a feed as UTF-8, in pieces, with what stands in front of it taken off: compression, byte
/// order mark, encoding. All bytes go through the digest first.
struct FeedText: ~Copyable {
    private let file: DecompressedFile
    private let name: String
    private let encoding: FeedEncoding
    private var isAtStart = true
    /// So many bytes are gathered before a piece is handed out.
    private static let pieceSize = 128 << 10

    init(_ name: String, isStandardInput: Bool, encoding: FeedEncoding) throws(Failure) {
        let source =
            isStandardInput ? SequentialFile(standardInput: FeedFiles.pipedIn) : try SequentialFile(opening: name)
        file = DecompressedFile(source)
        self.name = isStandardInput ? FeedFiles.pipedIn : name
        self.encoding = encoding
    }

    /// - Returns: Nil at the end.
    mutating func next(_ digest: inout FeedDigest) throws -> [UInt8]? {
        var piece: [UInt8] = []
        piece.reserveCapacity(Self.pieceSize * 2)
        do {
            while piece.count < Self.pieceSize {
                let hasMore = try file.next { block in
                    digest.update(block)
                    block.append(to: &piece)
                }
                guard hasMore else { break }
            }
        } catch let failure as Failure {
            guard failure.code == .corrupt else { throw failure }
            throw Failure(.refreshFormat, "\(name): \(failure.message)", hint: failure.hint)
        }
        if isAtStart {
            isAtStart = false
            try takeMark(&piece)
        }
        guard !piece.isEmpty else { return nil }
        return encoding == .utf8 ? piece : SingleByteText.utf8(piece, encoding)
    }

    private func takeMark(_ piece: inout [UInt8]) throws(Failure) {
        let isUTF16 = piece.starts(with: [0xFF, 0xFE]) || piece.starts(with: [0xFE, 0xFF])
        // Without a mark: every other byte of plain English is zero.
        let start = piece.prefix(64)
        let zeros = start.count { $0 == 0 }
        if isUTF16 || (zeros > 1 && zeros * 3 > start.count) {
            throw Failure(
                .refreshFormat, "\(name) is encoded as UTF-16, which dbctl does not read",
                hint: "iconv -f utf-16 -t utf-8 \(FeedFiles.word(name)) | dbctl refresh run … -")
        }
        if piece.starts(with: [0xEF, 0xBB, 0xBF]) { piece.removeFirst(3) }
    }
}
