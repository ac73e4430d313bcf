import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl backup prune`, as a user and as cron run it.
@Suite("backup prune") struct PruneCommandTests {
    private static let night = Date(timeIntervalSince1970: 1_769_824_800)

    private func withSets(_ count: Int, _ body: (BackupFixture) async throws -> Void) async throws {
        try await BackupFixture.with { backup in
            for days in 0..<count { try backup.plant(at: Self.night - Double(days) * 86_400) }
            try await body(backup)
        }
    }

    private func prune(_ backup: BackupFixture, _ options: [String]) async throws -> DbctlOutcome {
        try await Dbctl.run(
            ["backup", "prune", "--repo", "\(backup.folder)/repo", "--format", "json"] + options)
    }

    private func decisions(_ outcome: DbctlOutcome) throws -> [String: String] {
        let data = try #require(try outcome.json()["data"] as? [String: Any])
        let sets = try #require(data["sets"] as? [[String: Any]])
        #expect(sets.allSatisfy { ($0["why"] as? String)?.isEmpty == false })
        return Dictionary(
            uniqueKeysWithValues: sets.map { ($0["set"] as? String ?? "", $0["action"] as? String ?? "") })
    }

    @Test("without --yes nothing goes, with it goes what was announced, B16")
    func dryRun() async throws {
        try await withSets(10) { backup in
            let policy = ["--keep-last", "2", "--keep-daily", "4"]
            let preview = try await prune(backup, policy)
            #expect(preview.exitCode == 0 && preview.stdout.contains("\"dry_run\":true"), "\(preview)")
            #expect(try await decisions(prune(backup, policy + ["--dry-run", "--yes"])) == decisions(preview))
            #expect(try backup.names().count == 10)
            let done = try await prune(backup, policy + ["--yes"])
            #expect(done.exitCode == 0 && done.stdout.contains("\"schema\":\"dbctl.backup.prune/1\""), "\(done)")
            #expect(try decisions(done) == decisions(preview))
            #expect(try backup.names().count == 4)
        }
    }

    @Test("the policy of dbctl.yaml is the default, an option wins over its key")
    func configured() async throws {
        try await withSets(10) { backup in
            let file = "\(backup.folder)/dbctl.yaml"
            try Data("backup: {repo: \"\(backup.folder)/repo\", keep: {last: 3, within: 5d}}".utf8)
                .write(to: URL(fileURLWithPath: file))
            func deleted(_ more: [String], env: [String: String] = [:]) async throws -> Int? {
                let run = try await Dbctl.run(
                    ["backup", "prune", "--config", file, "--format", "json"] + more, env: env)
                return (try run.json()["data"] as? [String: Any])?["deleted"] as? Int
            }
            #expect(try await deleted([]) == 4)
            #expect(try await deleted(["--keep-within", "1d"]) == 7)
            #expect(try await deleted(["--keep-daily", "8"]) == 2)
            #expect(try await deleted([], env: ["DBCTL_BACKUP_KEEP_WITHIN": "0s"]) == 7)
        }
    }

    @Test(
        "what is wrong with the command line has its own exit code, and deletes nothing",
        arguments: [
            ([], 64), (["--keep-last", "0"], 64), (["--keep-last", "-1"], 64), (["--keep-within", "7"], 64),
            (["--keep-last", "1", "--database", "typo"], 66), (["--keep-last", "1", "--lock-timeout", "1s"], 64),
        ] as [([String], Int32)])
    func refusals(_ options: [String], _ code: Int32) async throws {
        try await withSets(3) { backup in
            let outcome = try await prune(backup, options + ["--yes"])
            #expect(outcome.exitCode == code, "\(outcome)")
            #expect(try backup.names().count == 3)
        }
    }

    @Test("a repository that is not there is 66; a lock that is held is 75 naming the holder")
    func unavailable() async throws {
        try await withSets(3) { backup in
            let missing = try await Dbctl.run(
                ["backup", "prune", "--keep-last", "1", "--yes", "--repo", "\(backup.folder)/nowhere"])
            #expect(missing.exitCode == 66, "\(missing)")
            let lock = try backup.repository.lock("app", note: "dbctl backup create", now: 0)
            let busy = try await prune(backup, ["--keep-last", "1", "--yes"])
            lock.release()
            #expect(busy.exitCode == 75 && busy.stdout.contains("storage.lock_held"), "\(busy)")
            #expect(busy.stderr.contains("pid \(ProcessInfo.processInfo.processIdentifier)"))
            #expect(try backup.names().count == 3)
        }
    }

    @Test("on a terminal it shows the plan and asks for the number of sets; anything else is 80")
    func confirmation() async throws {
        for (answer, code, left) in [("3", 0, 1), ("yes", 80, 4), ("", 80, 4)] as [(String, Int32, Int)] {
            try await withSets(4) { backup in
                let command = "\(DbctlBinary.path) backup prune --keep-last 1 --repo \(backup.folder)/repo"
                // script(1) gives it a terminal.
                let outcome = try await Program.run(
                    "/usr/bin/env", ["HOME=/nonexistent", "script", "-qec", command, "/dev/null"],
                    input: answer + "\n")
                #expect(outcome.exitCode == code, "\(answer): \(outcome.stdout)")
                #expect(outcome.stdout.contains("DRY RUN") && outcome.stdout.contains("type 3 to go on"))
                #expect(try backup.names().count == left)
            }
        }
    }
}
