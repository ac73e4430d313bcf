// What tests of backups share: a repository in a temporary folder, requests against a test database, and the set as it
// lies on disk.

public import DBKit
import Foundation
import Glibc

/// A repository of the test's own and the means to fill it from a server.
public struct BackupFixture: Sendable {
    public let repository: LocalRepository
    public let folder: String

    /// A fixture whose folder is removed afterwards.
    public static func with<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: (BackupFixture) async throws -> T
    ) async throws -> T {
        try await withTemporaryFolder { folder in
            try await body(BackupFixture(folder: folder))
        }
    }

    init(folder: String) {
        self.folder = folder
        repository = LocalRepository("\(folder)/repo")
    }

    /// Nothing was published.
    public var isEmpty: Bool { (try? SetCatalog(repository).sets().isEmpty) ?? true }

    /// A request as the command line would make it.
    public func request(_ url: String, _ change: (inout BackupRequest) throws -> Void = { _ in }) rethrows
        -> BackupRequest
    {
        let environment = ProcessInfo.processInfo.environment
        var request = BackupRequest(
            server: ConnectionParameters(url: url), repository: repository,
            tools: ClientTools.Search(path: environment["PATH"] ?? ""), run: .make(), dbctlVersion: "test",
            applicationName: "dbctl backup create test")
        try change(&request)
        return request
    }

    /// Makes a set of the database and returns it with its manifest.
    @discardableResult
    public func create(
        _ url: String, tools: String? = nil, _ change: (inout BackupRequest) throws -> Void = { _ in }
    ) async throws -> MadeSet {
        var request = try request(url, change)
        if let tools { request.tools.configured = tools }
        let report = try await BackupCreation(request).run()
        return MadeSet(
            report: report, manifest: try SetVerification(folder: report.path).manifest(), folder: report.path)
    }
}

/// A set that a test made.
public struct MadeSet: Sendable {
    public let report: BackupReport
    public let manifest: Manifest
    public let folder: String

    public func table(_ name: String) throws -> Manifest.Table {
        guard let table = manifest.tables.first(where: { $0.name == name }) else {
            throw TestSupportError("the set has no table \(name): \(manifest.tables.map(\.name))")
        }
        return table
    }

    public func verify() async throws -> VerifyReport {
        try await SetVerification(folder: folder).run()
    }
}

extension Manifest {
    /// Compares rows and checksum of every table with a live database; the differences, as sentences.
    ///
    /// Rows of a hash partition on an enum may land in another partition, so partitions are added up under their root.
    public func differences(from url: String, encoding: String? = nil) async throws -> [String] {
        let connection = try await Connection.open(
            ConnectionParameters(url: url), settings: SessionSettings(applicationName: "compare"))
        do {
            let found = try await connection.run { session in
                var wanted: [String: TableChecksum] = [:]
                var actual: [String: TableChecksum] = [:]
                for table in tables {
                    let place = try session.row(
                        """
                        SELECT coalesce(pg_partition_root(c.oid)::regclass::text, c.oid::regclass::text) AS root
                          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = \(table.schema) AND c.relname = \(table.name)
                        """)
                    let root: String = try place.value("root")
                    wanted[root, default: TableChecksum()] =
                        (wanted[root] ?? TableChecksum()) + TableChecksum(sum: table.checksum.sum, rows: table.rows)
                    let live = try TableChecksum.compute(
                        session, schema: table.schema, table: table.name, columns: table.columns,
                        format: table.checksumFormat, encoding: encoding)
                    actual[root, default: TableChecksum()] = (actual[root] ?? TableChecksum()) + live
                }
                return wanted.compactMap { root, checksum -> String? in
                    let live = actual[root] ?? TableChecksum()
                    guard live.sum != checksum.sum || live.rows != checksum.rows else { return nil }
                    return "\(root): \(checksum.rows) rows \(checksum) in the set, \(live.rows) rows \(live) there"
                }.sorted()
            }
            await connection.close()
            return found
        } catch {
            await connection.close()
            throw error
        }
    }
}
