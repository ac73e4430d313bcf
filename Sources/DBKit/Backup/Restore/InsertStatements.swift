import Postgres
import Storage

/// The data file of an archive made with `pg_dump --inserts`: statements, not a COPY stream.
enum InsertStatements {
    /// Statements are gathered up to this size and run together, in one transaction.
    private static let batchBytes = 1 << 20

    static func run(_ name: String, of folder: ArchiveFolder, meter: RestoreMeter, in session: Session) throws {
        var splitter = Splitter()
        var batch: [UInt8] = []
        try folder.read(name, progress: meter.add(bytes:)) { block in
            for byte in block.bytes {
                batch.append(byte)
                guard splitter.ends(with: byte), batch.count >= batchBytes else { continue }
                try session.script(ServerText(archive: batch))
                batch.removeAll(keepingCapacity: true)
            }
        }
        if !batch.isEmpty { try session.script(ServerText(archive: batch)) }
    }

    /// Tells the semicolons that end a statement from those inside a string or a name. INSERTs hold no comments and no
    /// dollar quotes.
    struct Splitter {
        private enum State { case code, string, escapeString, escaped, name }

        private var state = State.code
        private var previous: UInt8 = 0

        /// Whether a statement ends with this byte.
        mutating func ends(with byte: UInt8) -> Bool {
            defer { previous = byte }
            switch (state, byte) {
            case (.code, 0x27): state = previous == 0x45 ? .escapeString : .string
            case (.code, 0x22): state = .name
            case (.code, 0x3B): return true
            case (.string, 0x27), (.escapeString, 0x27), (.name, 0x22): state = .code
            case (.escapeString, 0x5C): state = .escaped
            case (.escaped, _): state = .escapeString
            default: break
            }
            return false
        }
    }
}
