import Operations
import Postgres
import Storage

/// Loads the data file of a TABLE DATA entry.
struct TableDataLoader: Sendable {
    let folder: ArchiveFolder
    let meter: RestoreMeter
    var journal: RestoreJournal?

    /// All of a table, by one worker.
    ///
    /// - Parameter isNewTable: this run has made the table. Then it is truncated in the transaction that loads it,
    ///   which lets the server freeze the rows at once and, with `wal_level=minimal`, write no WAL for them.
    func load(_ entry: ArchiveEntry, isNewTable: Bool, in session: Session) throws {
        let copy = entry.copyStatement.flatMap { $0.isEmpty ? nil : $0 }
        // Rows that are routed may have come to other partitions already; truncating one would lose them.
        let isTruncated = copy != nil && isNewTable && !entry.isRoutedThroughRoot
        try session.transaction { session in
            // As a whole: the name is in the archive's encoding, which another statement would lose.
            let truncate: ArchiveText? = isTruncated ? "TRUNCATE TABLE ONLY " + entry.qualifiedName + ";\n" : nil
            if let truncate { try session.script(ServerText(archive: truncate.bytes)) }
            guard let copy else {
                try InsertStatements.run(fileName(of: entry), of: folder, meter: meter, in: session)
                return try note(entry, rows: nil, in: session)
            }
            let rows = try load(entry, isTruncated ? Self.freezing(copy) : copy, in: session)
            try note(entry, rows: rows, in: session)
        }
    }

    /// All of a table that the open transaction has made.
    func loadIntoOwn(_ entry: ArchiveEntry, in session: Session) throws {
        guard let copy = entry.copyStatement, !copy.isEmpty else {
            return try InsertStatements.run(fileName(of: entry), of: folder, meter: meter, in: session)
        }
        try load(entry, entry.isRoutedThroughRoot ? copy : Self.freezing(copy), in: session)
    }

    /// All of a table that was there before the open transaction.
    func loadIntoPresent(_ entry: ArchiveEntry, in session: Session) throws {
        guard let copy = entry.copyStatement, !copy.isEmpty else {
            return try InsertStatements.run(fileName(of: entry), of: folder, meter: meter, in: session)
        }
        try load(entry, copy, in: session)
    }

    /// One chunk, beside other workers that load others. In a file the chunks share one header and one trailer; each
    /// gets its own here.
    func load(_ number: Int, of entry: ArchiveEntry, in session: Session) throws {
        guard let copy = entry.copyStatement, let table = folder.table(of: entry), table.chunks.indices.contains(number)
        else {
            throw Failure(.restoreSetDamaged, "\(folder.path) has no chunk \(number) of \(entry.shownName)")
        }
        let chunk = table.chunks[number]
        let isBinary = table.copyFormat == .binary
        let name = try fileName(of: entry)
        try session.transaction { session in
            let rows = try session.copyIn(Query(ServerText(archive: copy.bytes))) { writer in
                if isBinary { try writer.write(CopyStream.binaryHeader) }
                try folder.read(chunk, of: name, progress: meter.add(bytes:)) { try writer.write($0) }
                if isBinary { try writer.write(CopyStream.binaryTrailer) }
            }
            try count(Int64(rows), expected: chunk.rows, "chunk \(number) of \(entry.shownName)")
            try note(entry, part: number, rows: Int64(rows), in: session)
        }
    }

    private func note(_ entry: ArchiveEntry, part: Int? = nil, rows: Int64?, in session: Session) throws {
        guard let journal else { return }
        try session.script(ServerText(archive: journal.note(entry.dumpID, part: part, rows: rows).bytes))
    }

    @discardableResult
    private func load(_ entry: ArchiveEntry, _ copy: ArchiveText, in session: Session) throws -> Int64 {
        let name = try fileName(of: entry)
        let rows = try session.copyIn(Query(ServerText(archive: copy.bytes))) { writer in
            try folder.read(name, progress: meter.add(bytes:)) { try writer.write($0) }
        }
        try count(Int64(rows), expected: folder.table(of: entry)?.rows, entry.shownName)
        return Int64(rows)
    }

    /// The last line of defence: a stream that ends early can look like one that ends.
    private func count(_ rows: Int64, expected: Int64?, _ what: String) throws {
        guard rows == expected ?? rows else {
            throw Failure(
                .restoreSetDamaged, "\(what) gave \(rows) rows where the manifest has \(expected ?? 0)")
        }
        meter.add(rows: rows)
    }

    private func fileName(of entry: ArchiveEntry) throws -> String {
        guard let name = entry.fileName?.string else {
            throw Failure(.archiveMalformed, "toc.dat of \(folder.path) names no file for \(entry.shownName)")
        }
        return name
    }

    /// The COPY statement with FREEZE among its options.
    static func freezing(_ copy: ArchiveText) -> ArchiveText {
        let plain = Array(" FROM stdin;\n".utf8)
        let binary = Array(" FROM stdin WITH (FORMAT binary);\n".utf8)
        if copy.bytes.ends(with: plain) {
            return ArchiveText(bytes: copy.bytes.dropLast(2) + Array(" WITH (FREEZE);\n".utf8))
        }
        if copy.bytes.ends(with: binary) {
            return ArchiveText(bytes: copy.bytes.dropLast(3) + Array(", FREEZE);\n".utf8))
        }
        return copy
    }
}

extension Array where Element == UInt8 {
    func ends(with suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
