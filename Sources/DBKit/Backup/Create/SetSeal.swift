import Foundation
import Operations
import Storage

/// Reads a set back, compares it with what was meant to be written, and writes the lists that vouch for it.
struct SetSeal: Sendable {
    let request: BackupRequest
    let set: SetPath
    let folder: String

    func run(_ copied: DatabaseCopy.Result) throws -> Manifest {
        let tables = try tables(copied)
        let chunks = Dictionary(uniqueKeysWithValues: tables.map { ($0.file, $0.chunks) })
        let files = SetFiles(place: folder)
        var sums: [String: String] = [:]
        var others: [Manifest.File] = []
        for name in try files.names() {
            let digest = try FileDigest(of: try files.open(name), chunks: chunks[name] ?? [])
            guard digest.badChunks.isEmpty else {
                throw Failure(
                    .backupDamaged, "\(name) was read back with other bytes than were written to it",
                    hint: "the disk of \(request.repository.location) or its memory is failing; nothing was published",
                    category: .io)
            }
            sums[name] = digest.sha256
            if chunks[name] == nil {
                others.append(Manifest.File(path: name, bytes: digest.length, sha256: digest.sha256))
            }
        }
        let list = SumsFile.encode(sums)
        try NewFile.write(list, SumsFile.name, in: folder)
        others.append(Manifest.File(path: SumsFile.name, bytes: Int64(list.count), sha256: Digest.hex(list)))
        let manifest = Manifest(
            set: set.name.text, database: set.database, serverVersion: copied.server.version,
            dbctlVersion: request.dbctlVersion,
            snapshot: Manifest.Snapshot(lsn: copied.snapshot.lsn, time: copied.snapshot.time), tables: tables,
            files: others, omitted: copied.omitted)
        try NewFile.write(try ManifestFile.encode(manifest), ManifestFile.name, in: folder)
        return manifest
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
