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
    /// What of it a live database lacks, as sentences.
    public func differences(from url: String) async throws -> [String] {
        try await ManifestComparison(
            self, with: ConnectionParameters(url: url), settings: SessionSettings(applicationName: "compare")
        ).differences().map(\.sentence)
    }
}
