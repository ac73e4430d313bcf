import Operations

/// The bytes of a file as they were before somebody compressed it: plain, gzip or zstd, told by its first bytes and
/// not by its name. Memory stays flat whatever a block unfolds to.
public final class DecompressedFile {
    private let file: SequentialFile
    private var decompressor: Decompressor?
    /// Read and not yet taken by the decompressor, from `position` on.
    private var input: [UInt8] = []
    private var position = 0
    private var isDrained = true
    private var hasEnded = false
    /// Nil until the first bytes were seen.
    public private(set) var form: Decompressor.Form?

    /// 16 MiB, which is what `zstd -19` and all below use; a frame may ask for up to 2 GiB.
    private static let longestWindow = 24

    public init(_ file: SequentialFile) {
        self.file = file
    }

    /// Hands the next bytes to `body`, at most 256 KiB.
    ///
    /// - Returns: False at the end; `body` was not called then.
    /// - Throws: `storage.corrupt` when the compressed data is damaged or ends too early, or is of a kind that dbctl
    ///   does not read.
    public func next(_ body: (RawSpan) throws -> Void) throws -> Bool {
        while true {
            if isDrained && position == input.count {
                guard try fill() else { return false }
            }
            var isEmpty = true
            let step = try decompressor?.step(unsafe input.span.bytes.extracting(droppingFirst: position)) { block in
                isEmpty = false
                try body(block)
            }
            position += step?.consumed ?? 0
            isDrained = step?.isDrained ?? true
            if !isEmpty { return true }
        }
    }

    /// Reads the next block; the first one is long enough to tell what the file is.
    private func fill() throws -> Bool {
        input.removeAll(keepingCapacity: true)
        position = 0
        repeat {
            let hasMore = !hasEnded ? try file.read { block in block.append(to: &input) } : false
            if !hasMore { hasEnded = true }
        } while form == nil && input.count < 6 && !hasEnded
        if form == nil {
            let form = try detect()
            self.form = form
            decompressor = try Decompressor(form, longestWindow: Self.longestWindow)
        }
        guard !input.isEmpty else {
            try decompressor.take()?.finish()
            return false
        }
        return true
    }

    private func detect() throws(Failure) -> Decompressor.Form {
        func begins(_ magic: [UInt8]) -> Bool { input.starts(with: magic) }
        if begins([0x1F, 0x8B]) { return .gzip }
        // The second is a skippable frame, with which parallel compressors begin.
        if begins([0x28, 0xB5, 0x2F, 0xFD]) || (input.count > 3 && input[1...].starts(with: [0x2A, 0x4D, 0x18])) {
            return .zstd
        }
        // Behind its name, bzip2 has the level and a block: a text may begin with BZh as well.
        let isBzip2 = begins([0x42, 0x5A, 0x68]) && input.dropFirst(4).starts(with: [0x31, 0x41])
        let others: [(isIt: Bool, name: String, command: String)] = [
            (begins([0x50, 0x4B, 0x03, 0x04]), "a zip archive or a workbook", "unzip -p"),
            (isBzip2, "compressed with bzip2", "bzip2 -dc"),
            (begins([0xFD, 0x37, 0x7A, 0x58, 0x5A]), "compressed with xz", "xz -dc"),
            (begins([0x04, 0x22, 0x4D, 0x18]), "compressed with lz4", "lz4 -dc"),
        ]
        for other in others where other.isIt {
            throw Failure(
                .corrupt, "\(file.name) is \(other.name), which dbctl does not read",
                hint: "\(other.command) \(file.name) | … -")
        }
        return .plain
    }
}
