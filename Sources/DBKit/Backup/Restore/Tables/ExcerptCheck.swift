import Operations
import Storage

/// Reads what a restore of some tables will read, before anything is changed, and nothing else: one lost table does not
/// have to wait until a terabyte was checked, and damage elsewhere in the set does not stand in its way.
struct ExcerptCheck {
    let folder: ArchiveFolder
    /// With data, of the tables.
    let entries: [ArchiveEntry]
    let progress: any ProgressSink

    func run() throws {
        guard let manifest = folder.manifest else {
            return try ArchiveCheck(folder: folder, progress: progress).run(entries)
        }
        // The manifest vouched for itself when it was read.
        let files = SetFiles(place: folder.path)
        let meter = DigestMeter("verify", total: entries.reduce(0) { $0 + folder.bytes($1) }, sink: progress)
        var damages = try ["toc.dat", SumsFile.name].flatMap { try check($0, manifest, files, meter) }
        if damages.isEmpty {
            let sums = try SumsFile.decode(files.open(SumsFile.name).readAll(), place: folder.path)
            for entry in entries { damages += try check(entry, sums, files, meter) }
        }
        let report = VerifyReport(
            set: manifest.set, database: manifest.database, path: folder.path, ok: damages.isEmpty, files: 0,
            readBytes: 0, duration: 0, damages: damages)
        if var failure = report.failure {
            failure.detail = [failure.detail, "Nothing was changed."].compactMap { $0 }.joined(separator: "\n")
            throw failure
        }
    }

    private func check(
        _ name: String, _ manifest: Manifest, _ files: SetFiles, _ meter: DigestMeter
    ) throws -> [SetDamage] {
        let digest = try FileDigest(of: files.open(name), meter: meter)
        let listed = manifest.files.first { $0.path == name }
        guard listed?.sha256 == digest.sha256, listed?.bytes == digest.length else {
            return [SetDamage(file: name, problem: "its bytes are not those that were written")]
        }
        return []
    }

    private func check(
        _ entry: ArchiveEntry, _ sums: [String: String], _ files: SetFiles, _ meter: DigestMeter
    ) throws -> [SetDamage] {
        guard let table = folder.table(of: entry) else {
            let name = entry.fileName?.string ?? ""
            return [SetDamage(file: name, table: RelationName(entry).shown, problem: "it is missing")]
        }
        let name = "\(table.schema).\(table.name)"
        let digest = try FileDigest(of: files.open(table.file), chunks: table.chunks, meter: meter)
        let bad = digest.badChunks.map {
            SetDamage(file: table.file, table: name, chunk: $0, problem: "its bytes are not those that were written")
        }
        guard bad.isEmpty, sums[table.file] != digest.sha256 else { return bad }
        // Outside the chunks lie the COPY header and trailer.
        return [SetDamage(file: table.file, table: name, problem: "its bytes are not those that SHA256SUMS lists")]
    }
}
