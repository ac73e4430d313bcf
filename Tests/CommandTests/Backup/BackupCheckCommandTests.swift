import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl backup check`, as a monitoring system runs it (B17).
@Suite("backup check") struct BackupCheckCommandTests {
    private func check(_ backup: BackupFixture, _ options: [String] = []) async throws -> DbctlOutcome {
        try await Dbctl.run(["backup", "check", "--repo", "\(backup.folder)/repo", "--format", "json"] + options)
    }

    @Test("the worst database counts, and the error stands beside the data")
    func databases() async throws {
        try await BackupFixture.with { backup in
            try backup.plant("app", at: Date() - 3600)
            try backup.plant("old", at: Date() - 30 * 3600)
            try backup.plant("odd", at: Date() - 7200)
            try backup.plant("odd", at: Date() - 3600, .foundDamaged)

            let all = try await check(backup)
            #expect(all.exitCode == 2, "\(all)")
            let document = try all.json()
            #expect(document["schema"] as? String == "dbctl.backup.check/1" && document["ok"] as? Bool == false)
            #expect((document["error"] as? [String: Any])?["code"] as? String == "backup.too_old")
            let data = try #require(document["data"] as? [String: Any])
            #expect(data["verdict"] as? String == "CRITICAL")
            let entries = data["databases"] as? [[String: Any]] ?? []
            #expect(entries.map { $0["verdict"] as? String } == ["OK", "WARNING", "CRITICAL"])

            #expect(try await check(backup, ["--database", "app"]).exitCode == 0)
            #expect(try await check(backup, ["--database", "app", "--database", "odd"]).exitCode == 1)
            #expect(try await check(backup, ["--max-age", "31h"]).exitCode == 1)
            #expect(try await check(backup, ["--database", "app", "--max-drill-age", "8d"]).exitCode == 1)
            #expect(try await check(backup, ["--database", "nothing"]).exitCode == 2)
            let quiet = try await Dbctl.run(["backup", "check", "--quiet", "--repo", "\(backup.folder)/repo"])
            #expect(quiet.stdout.hasPrefix("CRITICAL: old: the newest good set is 30 h old"), "\(quiet)")
        }
    }

    @Test("a successful drill is known by its note; the limits may stand in dbctl.yaml")
    func drill() async throws {
        try await BackupFixture.with { backup in
            try backup.plant(at: Date() - 3600, drilled: Date() - 86_400)
            try Data("backup: {repo: \"\(backup.folder)/repo\", max_age: 2h, max_drill_age: 8d}".utf8)
                .write(to: URL(fileURLWithPath: "\(backup.folder)/dbctl.yaml"))
            let run = try await Dbctl.run(["backup", "check"], folder: backup.folder)
            #expect(run.exitCode == 0 && run.stdout.hasPrefix("OK: app: "), "\(run)")
            let strict = ["DBCTL_BACKUP_MAX_DRILL_AGE": "1h"]
            #expect(try await Dbctl.run(["backup", "check"], env: strict, folder: backup.folder).exitCode == 1)
        }
    }

    @Test("a drill is not forgotten when retention deletes the set that was drilled")
    func drilledSetIsGone() async throws {
        try await BackupFixture.with { backup in
            try backup.plant(at: Date() - 3 * 86_400, drilled: Date() - 2 * 86_400)
            try backup.plant(at: Date() - 3600)
            let prune = try await Dbctl.run(
                ["backup", "prune", "--repo", "\(backup.folder)/repo", "--keep-last", "1", "--yes"])
            #expect(prune.exitCode == 0, "\(prune)")
            #expect(try await check(backup, ["--max-drill-age", "8d"]).exitCode == 0)
            let overdue = try await check(backup, ["--max-drill-age", "1d"])
            #expect(overdue.exitCode == 1 && overdue.stdout.contains("the last successful drill was"), "\(overdue)")
        }
    }

    @Test("a set that was verified and lost its manifest is no backup any more")
    func lostManifest() async throws {
        try await BackupFixture.with { backup in
            let set = try backup.plant(at: Date() - 3600)
            #expect(try await check(backup).exitCode == 0)
            try Folder.removeFile(backup.repository.url(set.file(ManifestFile.name)))
            #expect(try await check(backup).exitCode == 2)
        }
    }

    @Test("a set from the future does not hide that the one which counts has lost its manifest")
    func lostManifestBehindTheFuture() async throws {
        try await BackupFixture.with { backup in
            try backup.plant(at: Date() + 365 * 86_400)
            let set = try backup.plant(at: Date() - 3600)
            let warned = try await check(backup)
            #expect(warned.exitCode == 1 && warned.stdout.contains("in the future"), "\(warned)")
            try Folder.removeFile(backup.repository.url(set.file(ManifestFile.name)))
            #expect(try await check(backup).exitCode == 2)
        }
    }

    @Test("no repository and an empty one are CRITICAL, none configured is UNKNOWN, a bad option 64")
    func nothing() async throws {
        try await BackupFixture.with { backup in
            let missing = try await check(backup)
            #expect(missing.exitCode == 2 && missing.stdout.contains("storage.repository_not_found"), "\(missing)")
            try Folder.create("\(backup.folder)/repo")
            #expect(try await check(backup).exitCode == 2)
            #expect(try await Dbctl.run(["backup", "check"]).exitCode == 3)
            #expect(try await check(backup, ["--max-age", "26"]).exitCode == 64)
        }
    }
}
