import Backup
import Foundation
import Operations
import Partitions
import Postgres
import Storage

/// The set that an interrupted run made of a retired table. Half-written ones are no sets; of whole ones the newest counts
/// that holds exactly the rows that the table has now.
struct ArchiveSearch: Sendable {
    let request: BackupRequest
    let table: RetiredTable

    func find() async throws -> FoundSet? {
        guard table.isResumed else { return nil }
        let candidates = try candidates()
        guard !candidates.isEmpty else { return nil }
        return try await Connection.with(
            request.server, settings: SessionSettings(applicationName: request.applicationName)
        ) { connection in
            for (set, manifest) in candidates {
                let isWhole = try await connection.run { session in try Self.isWhole(manifest, in: session) }
                if isWhole { return set }
            }
            return nil
        }
    }

    /// One whose columns are not there any more is none of these rows.
    private static func isWhole(_ manifest: Manifest, in session: Session) throws -> Bool {
        do {
            return try ArchiveComparison(manifest).difference(in: session) == nil
        } catch let error as PostgresError where error.kind == .server && session.isUsable {
            return false
        } catch { throw error }
    }

    /// The one that the mark names first, then those that were made since the table was detached.
    private func candidates() throws -> [(set: FoundSet, manifest: Manifest)] {
        let catalog = SetCatalog(request.repository)
        // Before the first archive there is no folder.
        guard let sets = try? catalog.sets() else { return [] }
        let found = sets.filter { $0.name.time >= table.since - Self.clockTolerance }
            .map { FoundSet(repository: request.repository, path: $0) }
        let named = found.filter { $0.folder == table.set } + found.filter { $0.folder != table.set }
        return named.compactMap { set in
            guard let manifest = try? SetVerification(folder: set.folder).manifest(), manifest.holds(table) else {
                return nil
            }
            return (set, manifest)
        }
    }

    /// By how much the clocks of two machines may differ.
    private static let clockTolerance: TimeInterval = 86_400
}
