public import Backup
import Operations

/// A set with the rows of the tables that a refresh is about to change (`backup_before`).
///
/// It lies in a folder of its own within the repository, which lists, retention and `restore --latest` do not look into:
/// a set with one table's rows must not be taken for a backup of the database.
public struct BackupBeforeRefresh: Sendable {
    /// Within the repository.
    public static let folder = ".refresh"

    private let request: BackupRequest
    private let keep: Duration

    /// - Parameters:
    ///   - request: Whose repository is that folder.
    ///   - keep: How long such sets are kept; the newest one always is.
    public init(_ request: BackupRequest, keep: Duration) {
        self.request = request
        self.keep = keep
    }

    /// - Returns: Where the set lies, as `dbctl restore --from` takes it.
    @Sendable public func take(_ tables: [(schema: String, name: String)]) async throws -> String {
        var request = request
        request.onlyTableData = tables.map { TablePattern(schema: $0.schema, name: $0.name) }
        request.retention = RetentionPolicy(last: 1, within: keep)
        return try await BackupCreation(request).run().path
    }
}
