// A folder of migrations, and dbctl run on it.

import Foundation

/// Migrations in a folder of the test's own, for one database.
public struct MigrationFixture: Sendable {
    public let folder: String
    public let url: String

    /// Runs the body with these files: names from the folder on, and their texts.
    public static func with<T: Sendable>(
        _ files: [String: String],
        on url: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (MigrationFixture) async throws -> T
    ) async throws -> T {
        try await withTemporaryFolder { folder in
            let fixture = MigrationFixture(folder: folder, url: url)
            for (name, text) in files { try fixture.write(name, text) }
            return try await body(fixture)
        }
    }

    public func write(_ name: String, _ text: String) throws {
        let path = URL(filePath: "\(folder)/\(name)")
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
    }

    public func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }

    public func arguments(_ verb: String, _ more: [String] = []) -> [String] {
        ["migrate"] + verb.split(separator: " ").map(String.init)
            + ["--dir", folder, "--database-url", url, "--no-progress"] + more
    }

    /// `dbctl migrate VERB …` with `--format json`.
    public func run(_ verb: String, _ more: String...) async throws -> DbctlOutcome {
        try await Dbctl.run(arguments(verb, ["--format", "json"] + more))
    }

    /// `dbctl migrate VERB …` while something else happens.
    public func running(
        _ verb: String, _ more: [String] = [], isolation: isolated (any Actor)? = #isolation,
        _ body: (RunningDbctl) async throws -> Void
    ) async throws -> DbctlOutcome {
        try await Dbctl.withRunning(arguments(verb, ["--format", "json"] + more), body)
    }
}

extension DbctlOutcome {
    /// `data` of the document.
    public func data() throws -> [String: Any] {
        guard let data = try json()["data"] as? [String: Any] else { throw TestSupportError("no data: \(self)") }
        return data
    }

    /// `error` of the document.
    public func error() throws -> [String: Any] {
        guard let error = try json()["error"] as? [String: Any] else { throw TestSupportError("no error: \(self)") }
        return error
    }

    public func message() throws -> String { try error()["message"] as? String ?? "" }
    public func detail() throws -> String { try error()["detail"] as? String ?? "" }
    public func isDryRun() throws -> Bool { try data()["dry_run"] as? Bool ?? false }

    /// The versions in a list of `data`.
    public func versions(_ list: String) throws -> [String] {
        (try data()[list] as? [[String: Any]] ?? []).compactMap { $0["version"] as? String }
    }
}
