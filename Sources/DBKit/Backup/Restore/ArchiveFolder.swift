import Operations
import Storage

/// The files of a pg_dump directory archive, made by dbctl or by `pg_dump -Fd`.
struct ArchiveFolder: Sendable {
    let path: String
    let toc: ArchiveTOC
    /// Of a backup set; a plain archive has none.
    let manifest: Manifest?
    let searchPaths: SourceSearchPaths
    private let names: Set<String>
    private let tables: [String: Manifest.Table]

    /// - Parameter isForeign: a set without its manifest is taken for what it then is, a plain archive.
    init(opening path: String, isForeign: Bool) throws(Failure) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard Folder.exists(self.path) else {
            throw Failure(.restoreSourceMissing, "there is no folder \(self.path)")
        }
        guard Folder.exists("\(self.path)/toc.dat") else {
            throw Failure(
                .restoreNotAnArchive,
                "\(self.path) is no directory-format archive: it has no toc.dat",
                hint: "dbctl restores backup sets and what pg_dump -Fd wrote; for other formats use pg_restore"
            )
        }
        names = Set(try Folder.items(self.path).filter { !$0.isFolder }.map(\.name))
        let isSet = names.contains(ManifestFile.name) && !isForeign
        manifest = isSet ? try SetVerification(folder: self.path).manifest() : nil
        tables = Dictionary(
            manifest?.tables.map { ($0.file, $0) } ?? [], uniquingKeysWith: { first, _ in first })
        if names.contains("globals.sql"), !names.contains(ManifestFile.name), !isForeign {
            throw Failure(
                .restoreSetDamaged, "\(self.path) is a damaged backup set: its manifest.json is missing",
                detail: "Nothing was changed.",
                hint: "restore another set; --foreign restores this one as a plain archive, without its checksums")
        }
        toc = try ArchiveTOC(parsing: InputFile(opening: "\(self.path)/toc.dat").readAll())
        searchPaths = SourceSearchPaths(of: toc)
    }

    func has(_ name: String) -> Bool { names.contains(name) }

    /// The file behind a name of the table of contents, which lacks the compression suffix.
    func file(_ name: String) throws(Failure) -> (name: String, form: Decompressor.Form) {
        // A name is data: one with a slash would read some other file of this machine.
        guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
            throw Failure(.archiveMalformed, "toc.dat of \(path) names a file outside its folder: \(name)")
        }
        for suffix in ["", ".zst", ".gz"] where names.contains(name + suffix) {
            return (name + suffix, Decompressor.Form(fileName: name + suffix))
        }
        if names.contains(name + ".lz4") {
            throw Failure(
                .restoreNotAnArchive, "\(path)/\(name).lz4 is compressed with lz4, which dbctl does not read",
                hint: "`lz4 -d --rm -m *.lz4` in a copy of the folder, and restore that")
        }
        throw Failure(.restoreSetDamaged, "\(path)/\(name) is missing")
    }

    /// What the manifest says of an entry's data file; nil in a plain archive.
    func table(of entry: ArchiveEntry) -> Manifest.Table? {
        guard let name = entry.fileName?.string, let file = try? file(name) else { return nil }
        return tables[file.name]
    }

    /// Size on disk, for the order of work and for progress.
    func bytes(_ entry: ArchiveEntry) -> Int64 {
        guard entry.hasData, let name = entry.fileName?.string, let file = try? file(name) else { return 0 }
        return Folder.size("\(path)/\(file.name)") ?? 0
    }

    /// Everything in a file, decompressed, block by block.
    ///
    /// - Parameter progress: called with the number of compressed bytes read.
    func read(
        _ name: String, progress: (Int64) -> Void = { _ in }, _ body: (RawSpan) throws -> Void
    ) throws {
        let file = try file(name)
        let input = try InputFile(opening: "\(path)/\(file.name)")
        var decompressor = try Decompressor(file.form)
        do {
            try input.read(0..<input.length) { block in
                try decompressor.decode(block, body)
                progress(Int64(block.byteCount))
            }
            try decompressor.finish()
        } catch let failure as Failure where failure.code == .corrupt {
            throw Failure(.restoreSetDamaged, "\(path)/\(file.name) is damaged: \(failure.message)")
        }
    }

    /// One chunk of a data file, decompressed; without the header and trailer of the COPY stream.
    func read(
        _ chunk: Manifest.Chunk, of name: String, progress: (Int64) -> Void, _ body: (RawSpan) throws -> Void
    ) throws {
        let file = try file(name)
        let input = try InputFile(opening: "\(path)/\(file.name)")
        var decompressor = try Decompressor(file.form.chunk)
        try input.read(chunk.offset..<(chunk.offset + chunk.length)) { block in
            try decompressor.decode(block, body)
            progress(Int64(block.byteCount))
        }
        try decompressor.finish()
    }

    /// The database that it was made of; nil where it does not say so.
    var database: String? { manifest?.database ?? toc.header.database?.string.nilIfEmpty }

    /// It was made of a database that a restore had not completed.
    var isHalfRestored: Bool {
        toc.entries.contains { $0.kind == .schema && $0.tag?.string == RestoreJournal.schema }
    }

    /// The encoding of all text in the archive, which every session must speak.
    var encoding: String {
        Self.quotedValue(of: toc.entries.first { $0.kind == .encoding }?.definition) ?? "UTF8"
    }

    var usesStandardStrings: Bool {
        Self.quotedValue(of: toc.entries.first { $0.kind == .standardStrings }?.definition) != "off"
    }

    private static func quotedValue(of statement: ArchiveText?) -> String? {
        guard let parts = statement?.string.split(separator: "'", omittingEmptySubsequences: false), parts.count >= 2
        else { return nil }
        return String(parts[1])
    }
}
