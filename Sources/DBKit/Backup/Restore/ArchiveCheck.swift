import Operations
import Storage

/// Reads an archive from end to end before anything is done with it (B3). An archive that `pg_dump` wrote has no
/// checksums of its own: what can be known is that every file is there, decompresses, and ends as a dump ends.
struct ArchiveCheck {
    let folder: ArchiveFolder
    let progress: any ProgressSink

    func run() throws {
        try run(folder.toc.entries.filter(\.hasData))
    }

    func run(_ entries: [ArchiveEntry]) throws {
        let total = entries.reduce(0) { $0 + folder.bytes($1) }
        var done: Int64 = 0
        for entry in entries {
            try Task.checkCancellation()
            progress.report(
                Progress(phase: "verify", done: done, total: total, unit: .bytes, note: entry.shownName))
            try check(entry)
            done += folder.bytes(entry)
        }
    }

    private func check(_ entry: ArchiveEntry) throws {
        guard let name = entry.fileName?.string else {
            throw Failure(.archiveMalformed, "toc.dat of \(folder.path) names no file for \(entry.shownName)")
        }
        do {
            if entry.kind == .largeObjectData {
                let loader = LargeObjectLoader(
                    folder: folder, meter: RestoreMeter(sink: SilentProgress(), totalBytes: 0))
                for object in try loader.index(of: entry) { _ = try end(of: object.file) }
            } else {
                try checkEnd(of: name, entry)
            }
        } catch let failure as Failure where failure.category == .data {
            throw Failure(
                .restoreSetDamaged, "\(failure.message) (\(entry.shownName))",
                detail: "Nothing was changed.", hint: "restore another set; dbctl backup list shows them")
        }
    }

    private func checkEnd(of name: String, _ entry: ArchiveEntry) throws {
        let end = try end(of: name)
        guard let copy = entry.copyStatement, !copy.isEmpty else { return }
        let isBinary = copy.bytes.ends(with: Array("(FORMAT binary);\n".utf8))
        let isWhole = isBinary ? end.ends(with: [0xFF, 0xFF]) : Self.endsAsText(end)
        guard isWhole else {
            throw Failure(
                .restoreSetDamaged,
                "\(folder.path)/\(try folder.file(name).name) is damaged: it has no \(isBinary ? "trailer" : "\\. line")"
            )
        }
    }

    /// The last bytes of a file, after reading all of it.
    private func end(of name: String) throws -> [UInt8] {
        var end: [UInt8] = []
        try folder.read(name) { block in
            let count = min(block.byteCount, 8)
            end = (end + block.extracting(last: count).bytes).suffix(8)
        }
        return end
    }

    /// `\.` on a line of its own, as `pg_dump` closes the rows of a table.
    private static func endsAsText(_ end: [UInt8]) -> Bool {
        var rest = end
        while rest.last == 0x0A { rest.removeLast() }
        return rest == [0x5C, 0x2E] || rest.ends(with: [0x0A, 0x5C, 0x2E])
    }
}
