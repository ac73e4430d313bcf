import Operations
import Postgres
import Storage

/// Fills large objects, which their own entries have made before, from `blob_OID.dat` files.
struct LargeObjectLoader: Sendable {
    let folder: ArchiveFolder
    let meter: RestoreMeter
    var journal: RestoreJournal?
    var done = RestoreDone()

    /// A multiple of the server's page of a large object (2 KiB), so that no page is written twice.
    private static let pieceBytes = 1 << 20

    func load(_ entry: ArchiveEntry, in session: Session) throws {
        let objects = try index(of: entry)
        for (group, start) in stride(from: 0, to: objects.count, by: ArchivedLargeObject.largestGroup).enumerated()
        where !done.has(entry.dumpID, part: group) {
            try Self.together(session) { session in
                try note(entry, part: group, in: session)
                for object in objects[start..<min(start + ArchivedLargeObject.largestGroup, objects.count)] {
                    try load(object.oid, from: object.file, in: session)
                }
            }
        }
        try note(entry, part: nil, in: session)
    }

    /// In a transaction of its own, or in the one that is open.
    private static func together(_ session: Session, _ body: (Session) throws -> Void) throws {
        if session.isInTransaction { try body(session) } else { try session.transaction { try body($0) } }
    }

    private func note(_ entry: ArchiveEntry, part: Int?, in session: Session) throws {
        guard let journal else { return }
        try session.script(ServerText(archive: journal.note(entry.dumpID, part: part).bytes))
    }

    /// The lines `OID file` of the entry's `blobs.toc`.
    func index(of entry: ArchiveEntry) throws -> [(oid: UInt32, file: String)] {
        guard let name = entry.fileName?.string else {
            throw Failure(.archiveMalformed, "toc.dat of \(folder.path) names no file for \(entry.shownName)")
        }
        var text: [UInt8] = []
        try folder.read(name) { text += $0.bytes }
        return try String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let oid = UInt32(words[0]), oid != 0 else {
                throw Failure(.restoreSetDamaged, "\(folder.path)/\(name) has a line that names no large object")
            }
            return (oid, String(words[1]))
        }
    }

    private func load(_ oid: UInt32, from file: String, in session: Session) throws {
        var piece: [UInt8] = []
        var offset: Int64 = 0
        func write(_ bytes: some Collection<UInt8>) throws {
            let hex = "\\x" + ArchiveText(bytes: Array(bytes)).hexadecimal
            _ = try session.rows("SELECT pg_catalog.lo_put(\(oid), \(offset), \(hex))")
            offset += Int64(bytes.count)
        }
        try folder.read(file, progress: meter.add(bytes:)) { block in
            piece += block.bytes
            guard piece.count >= Self.pieceBytes else { return }
            let whole = piece.count / Self.pieceBytes * Self.pieceBytes
            try write(piece[..<whole])
            piece.removeFirst(whole)
        }
        if !piece.isEmpty { try write(piece) }
        meter.add(largeObjects: 1)
    }
}
