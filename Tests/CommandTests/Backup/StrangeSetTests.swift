import DBKit
import Foundation
import TestSupport
import Testing

/// Sets that are not what they seem, or more than this dbctl knows.
@Suite("Strange sets") struct StrangeSetTests {
    private static let night = Date(timeIntervalSince1970: 1_769_824_800)

    private func run(_ backup: BackupFixture, _ arguments: String...) async throws -> DbctlOutcome {
        try await Dbctl.run(arguments + ["--repo", "\(backup.folder)/repo", "--format", "json"])
    }

    private func problems(_ listing: DbctlOutcome) throws -> [String: String] {
        let sets = try #require((try listing.json()["data"] as? [String: Any])?["sets"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: sets.compactMap { set in
                (set["problem"] as? String).map { ("\(set["database"] ?? "")/\(set["set"] ?? "")", $0) }
            })
    }

    @Test(
        "a folder that was renamed, or copied to another database, is shown by list and verify and refused by restore: 65",
        arguments: ["renamed", "copied"])
    func stranger(_ how: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t AS SELECT 1 AS id")
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url)
                let name = how == "renamed" ? "20260131T020000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV" : set.report.set
                let owner = how == "renamed" ? database.name : "other"
                let place = backup.repository.url("\(owner)/\(name)")
                if how == "renamed" {
                    try FileManager.default.moveItem(atPath: set.folder, toPath: place)
                } else {
                    try Folder.create(backup.repository.url(owner))
                    try FileManager.default.copyItem(atPath: set.folder, toPath: place)
                }
                let said = try problems(try await run(backup, "backup", "list"))
                #expect(said.keys.sorted() == ["\(owner)/\(name)"])
                #expect(said.values.allSatisfy { $0.contains("renamed or copied") })
                let verified = try await run(backup, "backup", "verify", name, "--database", owner)
                #expect(verified.exitCode == 65 && verified.stdout.contains("renamed or copied"), "\(verified)")
                let target = "\(database.name)_copy"
                func restore(_ source: String...) async throws -> DbctlOutcome {
                    try await Dbctl.run(
                        ["restore", "--into", target, "--create", "--database-url", database.url] + source)
                }
                let refused = try await restore(name, "--database", owner, "--repo", "\(backup.folder)/repo")
                #expect(refused.exitCode == 65 && refused.stderr.contains("--from \(place)"), "\(refused)")
                let count = "SELECT count(*) FROM pg_database WHERE datname = '\(target)'"
                #expect(try await database.psql(count) == "0")
                // The bytes are good: whoever says which folder is meant gets it.
                let restored = try await restore("--from", place)
                try await database.server.psql("DROP DATABASE IF EXISTS \(target)")
                #expect(restored.exitCode == 0, "\(restored)")
            }
        }
    }

    @Test("a set of a newer dbctl is 78 and no damage: nothing is noted, and the other sets are still verified")
    func newerFormat() async throws {
        try await BackupFixture.with { backup in
            try backup.plant(at: Self.night - 3600, .unverified)
            let set = try backup.plant(at: Self.night, .unverified)
            try backup.plant(at: Self.night - 7200, .damaged)
            let path = backup.repository.url(set.file(ManifestFile.name))
            try Folder.replaceFile(path, with: try backup.repository.read(set.file(ManifestFile.name)).ofNewerFormat())
            let one = try await run(backup, "backup", "verify", set.name.text)
            #expect(one.exitCode == 78 && one.stdout.contains("backup.newer_format"), "\(one)")
            #expect(try SetState.read(set, in: backup.repository).verified == nil)
            let all = try await run(backup, "backup", "verify", "--all")
            #expect(all.exitCode == 65, "the damage of another set is the worse news: \(all)")
            let data = try #require(try all.json()["data"] as? [String: Any])
            #expect((data["sets"] as? [[String: Any]])?.map { $0["ok"] as? Bool } == [true, false])
            #expect((data["failed"] as? [[String: Any]])?.map { $0["set"] as? String } == [set.name.text])
            let human = try await Dbctl.run(["backup", "verify", "--all", "--repo", "\(backup.folder)/repo"])
            #expect(human.stdout.contains("NOT VERIFIED app/\(set.name.text)"), "\(human)")
            #expect(try SetState.read(set, in: backup.repository).verified == nil)
            let listed = try problems(try await run(backup, "backup", "list"))
            #expect(listed["app/\(set.name.text)"]?.contains("format 99") == true, "\(listed)")
            // Retention neither counts it nor deletes it.
            _ = try await run(backup, "backup", "prune", "--keep-last", "1", "--yes")
            #expect(try backup.names().count == 2 && backup.names().first == set.name.text)
        }
    }
}
