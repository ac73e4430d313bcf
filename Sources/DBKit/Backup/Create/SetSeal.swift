import Foundation
import Operations
import Storage

/// Brings a set to the disk, reads it back, compares it with what was meant to be written, and writes the lists that vouch for it.
struct SetSeal: Sendable {
    let request: BackupRequest
    let set: SetPath
    let folder: String

    func run(_ copied: DatabaseCopy.Result) async throws -> Manifest {
        let tables = try tables(copied)
        let chunks = Dictionary(uniqueKeysWithValues: tables.map { ($0.file, $0.chunks) })
        let digests = try await digests(chunks)
        var others = digests.filter { chunks[$0.key] == nil }.map { name, digest in
            Manifest.File(path: name, bytes: digest.length, sha256: digest.sha256)
        }.sorted { $0.path < $1.path }
        let list = SumsFile.encode(digests.mapValues(\.sha256))
        try NewFile.write(list, SumsFile.name, in: folder)
        others.append(Manifest.File(path: SumsFile.name, bytes: Int64(list.count), sha256: Digest.hex(list)))
        let manifest = Manifest(
            set: set.name.text, database: set.database, serverVersion: copied.server.version,
            systemIdentifier: copied.server.systemIdentifier, dbctlVersion: request.dbctlVersion,
            snapshot: Manifest.Snapshot(lsn: copied.snapshot.lsn, time: copied.snapshot.time), tables: tables,
            files: others, omitted: copied.omitted)
        try NewFile.write(try ManifestFile.encode(manifest), ManifestFile.name, in: folder)
        return manifest
    }

    /// Of every file, the largest first, several at a time.
    private func digests(_ chunks: [String: [Manifest.Chunk]]) async throws -> [String: FileDigest] {
        let files = SetFiles(place: folder)
        let sizes = Dictionary(
            uniqueKeysWithValues: try files.names().map { ($0, Folder.size("\(folder)/\($0)") ?? 0) })
        var names = sizes.sorted { $0.value < $1.value }.map(\.key)
        let meter = DigestMeter("read back", total: sizes.values.reduce(0, +), sink: request.progress)
        var digests: [String: FileDigest] = [:]
        try await withThrowingTaskGroup(of: (String, FileDigest).self) { group in
            func beginNext() {
                guard let name = names.popLast() else { return }
                group.addTask { (name, try digest(name, chunks[name] ?? [], files, meter)) }
            }
            for _ in 0..<max(1, request.jobs) { beginNext() }
            while let (name, digest) = try await group.next() {
                digests[name] = digest
                beginNext()
            }
        }
        return digests
    }

    private func digest(
        _ name: String, _ chunks: [Manifest.Chunk], _ files: SetFiles, _ meter: DigestMeter
    ) throws -> FileDigest {
        let file = try files.open(name)
        try file.sync()
        let digest = try FileDigest(of: file, chunks: chunks, meter: meter)
        guard digest.badChunks.isEmpty else {
            throw Failure(
                .backupDamaged, "\(name) was read back with other bytes than were written to it",
                hint: "the disk of \(request.repository.location) or its memory is failing; nothing was published",
                category: .io)
        }
        return digest
    }

    private func tables(_ copied: DatabaseCopy.Result) throws -> [Manifest.Table] {
        try copied.plan.tables.enumerated().map { index, table in
            guard let result = copied.tables[index] else {
                throw Failure(.backupDamaged, "table \(table.relation.displayName) was not copied", category: .bug)
            }
            return Manifest.Table(
                schema: table.relation.schema.text, name: table.relation.name.text,
                file: copied.fileNames[index] + request.compression.suffix, copyFormat: table.format,
                rows: result.rows.values.reduce(0, +), bytes: result.bytes, checksum: result.checksum,
                checksumFormat: table.checksumFormat, columns: table.columns.map(\.name.text), chunks: result.chunks)
        }
    }
}

/// A file of a set under construction: new, and on the disk when the call returns.
enum NewFile {
    static func write(_ bytes: [UInt8], _ name: String, in folder: String) throws(Failure) {
        let file = try OutputFile(creating: "\(folder)/\(name)")
        try file.write(bytes)
        try file.sync()
        file.close()
    }
}
