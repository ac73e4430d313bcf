import DBKit
import Foundation
import TestSupport
import Testing

/// The folder on the disk: what is looked into, and what is an error.
@Suite struct MigrationFolderReadTests {
    /// A folder with these files, and links where the text is `-> target`.
    private static func with<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
        let root = NSTemporaryDirectory() + "dbctl-migrations-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (path, text) in files {
            let place = URL(fileURLWithPath: root).appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: path.hasSuffix("/") ? place : place.deletingLastPathComponent(), withIntermediateDirectories: true)
            if path.hasSuffix("/") { continue }
            if text.hasPrefix("-> ") {
                try FileManager.default.createSymbolicLink(
                    atPath: place.path, withDestinationPath: String(text.dropFirst(3)))
            } else {
                try Data(text.utf8).write(to: place)
            }
        }
        return try body(root)
    }

    private static func summary(_ files: [String: String], _ dialect: Dialect? = nil) throws -> [String] {
        try with(files) { FolderText.summary(try MigrationFolder.read($0, dialect: dialect)) }
    }

    private static func failure(_ files: [String: String], _ dialect: Dialect? = nil) throws -> Failure? {
        try with(files) { root in
            do throws(Failure) {
                _ = try MigrationFolder.read(root, dialect: dialect)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("subfolders are read where the tool has some, hidden files nowhere")
    func subfolders() throws {
        #expect(
            try Self.summary([
                "1_a.sql": "-- migrate:up\nSELECT 1;", ".#1_a.sql": "-> me@host.42", "old/1_b.sql": "-- migrate:up",
                ".git/2_c.sql": "x", "dangling.txt": "-> nowhere",
            ]) == ["dbctl", "1 a up: SELECT 1"])
        #expect(
            try Self.summary(["2024/q1/V1__a.sql": "SELECT 1;", ".x/V2__b.sql": ""]) == ["flyway", "1 a up: SELECT 1"])
        #expect(try Self.summary(["V1__a.sql": "", "x/V2__b.sql": ""]).count == 3)
        #expect(try Self.summary(["1_a/migration.sql": "SELECT 1;"]) == ["prisma", "1 a up: SELECT 1"])
        #expect(try Self.summary(MigrationSqitchTests.files).count == 9)
        #expect(try Self.summary([:]) == ["dbctl"])
        #expect(try Self.summary(["empty/": ""]) == ["dbctl"])
        #expect(try Self.summary(["1_a.sql": "-> target/x", "target/x": "-- migrate:up"]) == ["dbctl", "1 a up: "])
    }

    @Test("the demo's own migrations are read")
    func demo() throws {
        let root = #filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/")).lowerBound)
        let folder = try MigrationFolder.read(root + "/migrations")
        #expect(folder.dialect == .dbctl)
        #expect(folder.versioned.count >= 3)
        #expect(folder.versioned.allSatisfy { !$0.up.statements.isEmpty })
    }

    @Test("a link to nothing, a folder called like a file, and a folder of Prisma's without its script are errors")
    func wrong() throws {
        let dangling = try #require(try Self.failure(["1_a.sql": "-- migrate:up", "2_b.sql": "-> nowhere"]))
        #expect(dangling.message.contains("2_b.sql"))
        let named = try #require(try Self.failure(["1_a.sql/": ""]))
        #expect(named.code.name == "migrate.file")
        let hollow = try #require(try Self.failure(["1_a/migration.sql": "", "2_b/": ""]))
        #expect(hollow.message == "2_b: there is no migration.sql in this folder")
    }

    @Test("a folder that does not exist is 66 with the flag that names one")
    func missing() {
        do throws(Failure) {
            _ = try MigrationFolder.read("/nonexistent/migrations")
            Issue.record("it was read")
        } catch {
            #expect(error.code.name == "migrate.folder_not_found")
            #expect(error.category == .notFound)
            #expect(error.hint?.contains("--dir") == true)
        }
    }
}
