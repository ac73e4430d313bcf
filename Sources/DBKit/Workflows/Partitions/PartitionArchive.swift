public import Backup
import Foundation
import Operations
public import Partitions
import Postgres
import Storage
import Tools

/// Archives a retired partition as a backup set that holds the rows of this one table, and proves it: every byte is read
/// back, the set is restored where nobody lives, and what came back is compared by count and checksum.
///
/// It lies in a folder of its own within the repository, which lists, retention and `restore --latest` do not look into.
/// Nothing of dbctl's ever removes it.
public struct PartitionArchive: PartitionArchiving {
    /// Within the repository.
    public static let folder = ".partitions"

    private let request: BackupRequest
    private let ground: SetDrill.Ground

    /// - Parameters:
    ///   - request: Whose repository is that folder.
    ///   - ground: Where a set is restored to see whether it can be.
    public init(_ request: BackupRequest, ground: SetDrill.Ground) {
        self.request = request
        self.ground = ground
    }

    public var sentence: String {
        let elsewhere =
            switch ground {
            case .throwaway: "a throwaway cluster on this machine"
            case .scratch(_, let database): "the scratch database \(database) on its server, which is dropped again"
            }
        return
            "its rows are archived in \(request.repository.location)\(place.isNew ? " (the repository is not there yet, and is made)" : ""), read back, restored into \(elsewhere), and compared by count and checksum there and once more under the lock of the DROP"
    }

    public func check(_ tables: [RetiredTable]) async throws {
        try place.check()
        let (version, major) = try await Connection.with(
            request.server, settings: SessionSettings(applicationName: request.applicationName)
        ) { connection in
            try await connection.run { session in
                (session.serverVersion.description, session.serverVersion.major)
            }
        }
        _ = try await ClientTools.find(serverMajor: major, request.tools)
        try ground.check(serverVersion: version)
        // What has a set by now needs no more room.
        let leaves = tables.filter { $0.set == nil }.flatMap(\.leaves)
        guard !leaves.isEmpty else { return }
        // Readable tables and room for all of them, as a backup itself would ask for; one at a time is restored.
        let preview = try await BackupCreation.preview(holding(leaves))
        let largest = tables.map { table in
            preview.contents.filter { table.leaves.contains(.init(schema: $0.schema, name: $0.name)) }
                .reduce(0) { $0 + $1.tableBytes }
        }.max()
        try ground.checkRoom(for: largest ?? 0)
    }

    private var place: ArchivePlace { ArchivePlace(folder: request.repository.location) }

    private func holding(_ leaves: [RetiredTable.Leaf]) -> BackupRequest {
        var request = request
        request.onlyTableData = leaves.map { TablePattern(schema: $0.schema, name: $0.name) }
        request.excludedTableData = []
        request.retention = nil
        return request
    }

    public func archive(_ table: RetiredTable) async throws -> ArchivedTable {
        if let found = try await ArchiveSearch(request: request, table: table).find(),
            let archived = try await whole(found, table)
        {
            return archived
        }
        return try await prove(try await make(table), table)
    }

    /// What an interrupted run has made may be damaged since: then it is noted beside it, and the table is archived anew.
    private func whole(_ set: FoundSet, _ table: RetiredTable) async throws -> ArchivedTable? {
        do {
            return try await prove(set, table)
        } catch let failure as Failure where failure.category == .data {
            return nil
        }
    }

    private func make(_ table: RetiredTable) async throws -> FoundSet {
        var request = holding(table.leaves)
        // The set is named after the run, and one run may archive many.
        request.run = .make(at: request.clock)
        let report = try await BackupCreation(request).run()
        return try SetCatalog.resolve(report.path, in: nil)
    }

    /// What is noted beside the set as proven was proven by whoever made it; its bytes are read again all the same.
    private func prove(_ set: FoundSet, _ table: RetiredTable) async throws -> ArchivedTable {
        let verified = try await VerifyReports.verify(
            [set], jobs: request.jobs, run: request.run, clock: request.clock, progress: request.progress)
        if let failure = verified.failure { throw failure }
        let manifest = try SetVerification(folder: set.folder).manifest()
        guard manifest.holds(table) else {
            throw Failure(
                .backupDamaged, "\(set.folder) does not hold the rows of \(table.label) and of nothing else",
                detail: "It holds \(manifest.tables.map { "\($0.schema).\($0.name)" }.joined(separator: ", ")).",
                category: .bug)
        }
        if try SetState.read(set.path, in: set.repository).drilled?.ok != true {
            let drill = try await SetDrill(
                set, on: ground, jobs: request.jobs, run: request.run, clock: request.clock, progress: request.progress)()
            if let failure = drill.failure { throw failure }
            guard drill.rows == manifest.tables.reduce(0, { $0 + $1.rows }) else {
                throw Failure(
                    .backupDrillFailed, "\(set.folder) was restored with \(drill.rows) rows, which is not what it holds"
                )
            }
        }
        return ArchivedTable(
            set: set.folder, rows: manifest.tables.reduce(0) { $0 + $1.rows }, sizeBytes: Self.size(of: manifest, set),
            checksum: manifest.tables.reduce(TableChecksum()) { $0 + $1.checksum }.description,
            difference: { session in try ArchiveComparison(manifest).difference(in: session) })
    }

    private static func size(of manifest: Manifest, _ set: FoundSet) -> Int64 {
        manifest.files.reduce(0) { $0 + $1.bytes }
            + manifest.tables.reduce(0) { $0 + (Folder.size("\(set.folder)/\($1.file)") ?? 0) }
    }
}

extension Manifest {
    /// All its rows, and no others.
    func holds(_ table: RetiredTable) -> Bool {
        Set(tables.map { RetiredTable.Leaf(schema: $0.schema, name: $0.name) }) == Set(table.leaves)
    }
}
