// Backup sets without a server: small, whole to every check, and as old as a test wants them.

public import DBKit
public import Foundation

/// How a planted set stands.
public enum PlantedCondition: Sendable, CaseIterable {
    /// Whole, and noted to be so.
    case verified
    /// Whole, and nobody has looked yet.
    case unverified
    /// A byte is wrong, and nobody has looked yet.
    case damaged
    /// A byte is wrong, and a check found it.
    case foundDamaged
    /// Its note cannot be read.
    case stateDamaged
}

extension BackupFixture {
    /// A set of the database as if it had been made at `time`.
    @discardableResult
    public func plant(
        _ database: String = "app", at time: Date, _ condition: PlantedCondition = .verified, pinned: Bool = false,
        drilled: Date? = nil, run: RunID? = nil
    ) throws -> SetPath {
        let run = run ?? RunID.make(at: WallClock { time })
        let set = SetPath(database: database, name: SetName(time: time, run: run.description))
        let folder = repository.url(set.folder)
        try Folder.create(folder)
        let content = Array("a table of contents".utf8)
        let sums = SumsFile.encode(["toc.dat": Digest.hex(content)])
        let files = [
            Manifest.File(path: "toc.dat", bytes: Int64(content.count), sha256: Digest.hex(content)),
            Manifest.File(path: SumsFile.name, bytes: Int64(sums.count), sha256: Digest.hex(sums)),
        ]
        let manifest = Manifest(
            set: set.name.text, database: database, serverVersion: "15.1", dbctlVersion: "test",
            snapshot: .init(lsn: "0/1", time: "2026-01-31T02:00:00Z"), tables: [], files: files, omitted: [])
        let isBroken = condition == .damaged || condition == .foundDamaged
        try Folder.replaceFile("\(folder)/toc.dat", with: isBroken ? Array("a table of cOntents".utf8) : content)
        try Folder.replaceFile("\(folder)/\(SumsFile.name)", with: sums)
        try Folder.replaceFile("\(folder)/\(ManifestFile.name)", with: try ManifestFile.encode(manifest))
        try note(set, condition, pinned: pinned, drilled: drilled)
        return set
    }

    private func note(_ set: SetPath, _ condition: PlantedCondition, pinned: Bool, drilled: Date?) throws {
        let check = SetState.Check(at: set.name.time, ok: condition != .foundDamaged, runID: "test", duration: 1)
        try SetState.update(set, in: repository) { state in
            if condition == .verified || condition == .foundDamaged { state.verified = check }
            if pinned { state.pinned = true }
            if let drilled { state.drilled = SetState.Check(at: drilled, ok: true, runID: "test", duration: 1) }
        }
        if condition == .stateDamaged {
            try Folder.replaceFile(repository.url(set.statePath), with: Array("{\"pinned\": tr".utf8))
        }
    }

    /// Names of the sets that are there, the newest first.
    public func names(of database: String? = nil) throws -> [String] {
        try SetCatalog(repository).sets(of: database).map(\.name.text)
    }
}

extension [UInt8] {
    /// A manifest as a dbctl of the future might write it: another format, members that nobody knows, and whole.
    public func ofNewerFormat() -> [UInt8] {
        let text = String(decoding: self, as: UTF8.self)
        guard let end = text.range(of: ",\"sha256\":\"", options: .backwards) else { return self }
        let body = Array(
            text[..<end.lowerBound].replacing("\"format\":\(Manifest.currentFormat)", with: "\"format\":99")
                .replacing("\"tables\":[", with: "\"shards\":[").utf8)
        return body + Array(",\"sha256\":\"\(Digest.hex(body))\"}\n".utf8)
    }
}
