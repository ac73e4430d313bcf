public import Operations
import Storage

/// Checks every byte of a set against what its manifest and `SHA256SUMS` say (B3). It needs no server, changes nothing,
/// and reports all that it finds.
public struct SetVerification: Sendable {
    private let files: SetFiles
    private let jobs: Int
    private let progress: any ProgressSink
    private let expected: SetPath?

    /// - Parameters:
    ///   - folder: the set's own.
    ///   - jobs: files read at the same time.
    ///   - expected: where it lies in a repository. A set that was renamed, or copied to another database's folder, is
    ///     not the one that is meant; a copy outside a repository may lie anywhere.
    public init(
        folder: String, jobs: Int = 2, progress: any ProgressSink = SilentProgress(), expected: SetPath? = nil
    ) {
        files = SetFiles(place: folder)
        self.expected = expected
        self.jobs = max(1, jobs)
        self.progress = progress
    }

    /// The manifest, once its own checksum holds.
    ///
    /// - Throws: `backup.damaged`; `backup.set_not_found` when there is no such folder.
    public func manifest() throws(Failure) -> Manifest {
        guard Folder.isFolder(files.place) else {
            throw Failure(.backupSetNotFound, "there is no backup set at \(files.place)")
        }
        do throws(Failure) {
            return try ManifestFile.decode(files.open(ManifestFile.name).readAll(), place: files.place)
        } catch {
            guard error.code == .fileNotFound else { throw error }
            throw Failure(.backupDamaged, "\(files.place) has no manifest.json: it is no whole backup set")
        }
    }

    /// Reads everything.
    public func run() async throws -> VerifyReport {
        let start = ContinuousClock.now
        let manifest = try manifest()
        var damages = try listDamages(manifest)
        var bytes: Int64 = 0
        let sums = try sums(&damages)
        let work = Self.work(manifest)
        let total = work.reduce(0) { $0 + (Folder.size("\(files.place)/\($1.file)") ?? 0) }
        let meter = DigestMeter("verify", total: total, sink: progress)
        try await withThrowingTaskGroup(of: (Int64, [SetDamage]).self) { group in
            var rest = work[...]
            for item in rest.prefix(jobs) { group.addTask { try check(item, sums, meter) } }
            rest = rest.dropFirst(jobs)
            while let (read, found) = try await group.next() {
                bytes += read
                damages += found
                if let item = rest.popFirst() { group.addTask { try check(item, sums, meter) } }
            }
        }
        damages.sort { ($0.file, $0.chunk ?? -1) < ($1.file, $1.chunk ?? -1) }
        let elapsed = ContinuousClock.now - start
        return VerifyReport(
            set: manifest.set, database: manifest.database, path: files.place, ok: damages.isEmpty,
            files: work.count + 1, readBytes: bytes, duration: elapsed / .seconds(1), damages: damages)
    }

    /// A file with all that is known of it.
    private struct Work: Sendable {
        var file: String
        var table: Manifest.Table?
        var listed: Manifest.File?
    }

    private static func work(_ manifest: Manifest) -> [Work] {
        manifest.tables.map { Work(file: $0.file, table: $0) } + manifest.files.map { Work(file: $0.path, listed: $0) }
    }

    /// Files that should not be there, or should.
    private func listDamages(_ manifest: Manifest) throws -> [SetDamage] {
        let tables = Dictionary(manifest.tables.map { ($0.file, $0) }, uniquingKeysWith: { first, _ in first })
        let listed = Set(Self.work(manifest).map(\.file) + [ManifestFile.name])
        let present = Set(try files.names())
        let missing = listed.subtracting(present).map { name in
            SetDamage(file: name, table: tables[name].map { "\($0.schema).\($0.name)" }, problem: "it is missing")
        }
        let extra = present.subtracting(listed).map { SetDamage(file: $0, problem: "it does not belong to the set") }
        let renamed =
            expected.flatMap { manifest.strangeness(at: $0) }
            .map { [SetDamage(file: ManifestFile.name, problem: $0)] } ?? []
        return missing + extra + renamed
    }

    private func sums(_ damages: inout [SetDamage]) throws -> [String: String] {
        do throws(Failure) {
            return try SumsFile.decode(files.open(SumsFile.name).readAll(), place: files.place)
        } catch {
            // A missing file is in the list already; a damaged one shows by its digest, too.
            if error.code != .fileNotFound { damages.append(SetDamage(file: SumsFile.name, problem: error.message)) }
            return [:]
        }
    }

    private func check(_ work: Work, _ sums: [String: String], _ meter: DigestMeter) throws -> (Int64, [SetDamage]) {
        let name = work.table.map { "\($0.schema).\($0.name)" }
        let digest: FileDigest
        do {
            digest = try FileDigest(of: try files.open(work.file), chunks: work.table?.chunks ?? [], meter: meter)
        } catch let failure as Failure where failure.code == .fileNotFound {
            return (0, [])
        } catch let failure as Failure where failure.code == .corrupt || failure.code == .inputOutput {
            return (0, [SetDamage(file: work.file, table: name, problem: failure.message)])
        }
        var damages = digest.badChunks.map {
            SetDamage(file: work.file, table: name, chunk: $0, problem: "its bytes are not those that were written")
        }
        if let listed = work.listed, listed.bytes != digest.length || listed.sha256 != digest.sha256 {
            damages.append(SetDamage(file: work.file, problem: "its bytes are not those that were written"))
        } else if work.file != SumsFile.name, sums[work.file] != digest.sha256, !sums.isEmpty, damages.isEmpty {
            // Outside the chunks lie the COPY header and trailer.
            damages.append(
                SetDamage(file: work.file, table: name, problem: "its bytes are not those that SHA256SUMS lists"))
        }
        return (digest.length, damages)
    }
}
