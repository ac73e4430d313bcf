import Operations
import Postgres
import Sandbox

/// What `backup drill --dry-run` found: the set is whole, and there is a place to restore it in.
public struct DrillPreview: Sendable, Codable {
    public var set: String
    public var database: String
    public var path: String
    /// Nothing was restored, and nothing noted.
    public var dryRun = true
    /// The database that would be made and dropped; nil for a cluster of its own.
    public var into: String?
    /// The server that the set would be restored on.
    public var serverVersion: String
    public var tables: Int
    public var rows: Int64

    enum CodingKeys: String, CodingKey {
        case set, database, path
        case dryRun = "dry_run"
        case into
        case serverVersion = "server_version"
        case tables, rows
    }
}

extension SetDrill {
    /// Looks at everything that the drill would look at before it restores: every byte of the set, and the place. Nothing
    /// is made, and nothing noted.
    public func preview() async throws -> DrillPreview {
        let verification = SetVerification(folder: set.folder, jobs: jobs, progress: progress, expected: set.path)
        let manifest = try verification.manifest()
        if let failure = try await verification.run().failure { throw failure }
        var preview = DrillPreview(
            set: set.path.name.text, database: set.path.database, path: set.folder, serverVersion: "",
            tables: manifest.tables.count, rows: manifest.tables.reduce(0) { $0 + $1.rows })
        switch ground {
        case .throwaway(let installed, let root):
            try DrillCluster.checkRoom(for: manifest.tables.reduce(0) { $0 + $1.bytes }, root: root)
            preview.serverVersion = try DrillCluster.binaries(for: manifest.serverVersion, from: installed).version
        case .scratch(let server, let database):
            var request = request(into: database)
            request.isDryRun = true
            _ = try await DatabaseRestore(request, on: server, run: run, progress: progress)()
            (preview.into, preview.serverVersion) = (database, try await version(of: server))
        }
        return preview
    }
}
