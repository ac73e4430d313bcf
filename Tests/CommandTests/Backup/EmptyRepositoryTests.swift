import DBKit
import Foundation
import TestSupport
import Testing

/// A folder without sets, and things in a repository that are none: neither must look like a backup that is good.
@Suite("repositories without sets") struct EmptyRepositoryTests {
    private static let night = Date(timeIntervalSince1970: 1_769_824_800)

    private func run(_ repository: String, _ arguments: String...) async throws -> DbctlOutcome {
        try await Dbctl.run(["backup"] + arguments + ["--repo", repository, "--format", "json"])
    }

    private func warnings(_ outcome: DbctlOutcome) throws -> [String] {
        try #require((try outcome.json()["data"] as? [String: Any])?["warnings"] as? [String], "\(outcome)")
    }

    @Test("verify --all of a folder without sets is 66, prune and list say that there is none: a typo is no backup")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let none = "\(folder) has no backup set"
            for options in [[], ["--database", "app"]] {
                let verified = try await Dbctl.run(
                    ["backup", "verify", "--all", "--repo", folder, "--format", "json"] + options)
                #expect(verified.exitCode == 66, "\(verified)")
                #expect(
                    verified.stdout.contains("backup.set_not_found") && verified.stdout.contains("no backup set")
                        && verified.stdout.contains("--repo"), "\(verified)")
            }
            for yes in [[], ["--yes"]] {
                let pruned = try await Dbctl.run(
                    ["backup", "prune", "--keep-last", "1", "--repo", folder, "--format", "json"] + yes)
                #expect(pruned.exitCode == 0, "\(pruned)")
                #expect(try warnings(pruned) == [none])
            }
            let listed = try await run(folder, "list")
            #expect(listed.exitCode == 0, "\(listed)")
            #expect(try warnings(listed) == [none])
            let shown = try await Dbctl.run(["backup", "list", "--repo", folder])
            #expect(shown.exitCode == 0 && shown.stdout.contains(none), "\(shown)")
        }
    }

    @Test("the folder of one database in the place of the repository: the hint names the folder above")
    func inside() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.night)
            let verified = try await run(backup.repository.url(set.database), "verify", "--all")
            #expect(verified.exitCode == 66 && verified.stdout.contains("folder above"), "\(verified)")
        }
    }

    @Test("links that lead nowhere and folders that are no sets are named by list and verify, and change no verdict")
    func strange() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Self.night)
            let database = set.database
            let files = FileManager.default
            let link = backup.repository.url("\(database)/20260131T020000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV")
            try files.createSymbolicLink(atPath: link, withDestinationPath: "/nowhere/at/all")
            let top = backup.repository.url("gone")
            try files.createSymbolicLink(atPath: top, withDestinationPath: "/nowhere")
            let copy = backup.repository.url("\(database)/copy of the set")
            try Folder.create(copy)
            let alien = backup.repository.url("what is this")
            try Folder.create(alien)
            // What a file system or a careful person puts there is no reason for a word.
            try Folder.create(backup.repository.url("lost+found"))
            try Data("mine".utf8).write(to: URL(fileURLWithPath: backup.repository.url("README")))
            for arguments in [["list"], ["verify", "--all"]] {
                let outcome = try await Dbctl.run(
                    ["backup"] + arguments + ["--repo", "\(backup.folder)/repo", "--format", "json"])
                #expect(outcome.exitCode == 0, "\(outcome)")
                let said = try warnings(outcome)
                #expect(said.count == 4, "\(outcome)")
                for name in [link, top, copy, alien] {
                    #expect(said.contains { $0.contains(name) }, "\(name): \(outcome)")
                }
                let human = try await Dbctl.run(["backup"] + arguments + ["--repo", "\(backup.folder)/repo"])
                #expect(human.stdout.contains(alien), "\(human)")
            }
        }
    }
}
