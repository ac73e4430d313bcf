import DBKit
import Foundation
import TestSupport
import Testing

/// What `backup create` does besides the set: retention with --prune, and signs of life for a monitor.
@Suite("backup create --prune and --heartbeat") struct CreateAftermathTests {
    private func create(
        _ backup: BackupFixture, _ url: String, yaml: String = "", _ options: [String]
    ) async throws -> DbctlOutcome {
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: "\(backup.folder)/dbctl.yaml"))
        return try await Dbctl.run(
            ["backup", "create", "--repo", "\(backup.folder)/repo", "--database-url", url, "--format", "json"]
                + options,
            folder: backup.folder)
    }

    @Test("--prune deletes by the configured policy, after the new set is there, and reports it")
    func prune() async throws {
        try await TestServer.withDatabase { database in
            try await BackupFixture.with { backup in
                for days in 1...4 { try backup.plant(database.name, at: Date() - Double(days) * 86_400) }
                try backup.plant("other", at: Date() - 86_400)
                try backup.plant("other", at: Date() - 2 * 86_400)
                let outcome = try await create(
                    backup, database.url, yaml: "backup: {keep: {last: 2}}", ["--prune"])
                #expect(outcome.exitCode == 0, "\(outcome)")
                let data = try #require(try outcome.json()["data"] as? [String: Any])
                let pruned = try #require(data["pruned"] as? [String: Any])
                #expect(pruned["deleted"] as? Int == 3 && pruned["kept"] as? Int == 2)
                let left = try backup.names(of: database.name)
                #expect(left.count == 2 && left.first == data["set"] as? String)
                #expect(try backup.names(of: "other").count == 2)
            }
        }
    }

    @Test("--prune without a policy is 64 before anything is made, and has no dry run")
    func withoutPolicy() async throws {
        try await BackupFixture.with { backup in
            let nowhere = "postgresql://127.0.0.1:1/x"
            let outcome = try await create(backup, nowhere, ["--prune"])
            #expect(outcome.exitCode == 64 && outcome.stdout.contains("backup.policy_empty"), "\(outcome)")
            #expect(try await create(backup, nowhere, ["--prune", "--dry-run"]).exitCode == 64)
        }
    }

    @Test("retention that fails leaves a whole set, a warning, and 81")
    func failing() async throws {
        try await TestServer.withDatabase { database in
            try await BackupFixture.with { backup in
                let old = try backup.plant(database.name, at: Date() - 86_400)
                // A file of that name is nothing that a sweep knows, and no folder can be renamed over it.
                try Folder.replaceFile("\(backup.folder)/repo/\(old.databaseFolder)/.deleting-\(old.name)", with: [1])
                let outcome = try await create(
                    backup, database.url, yaml: "backup: {keep: {last: 1}}", ["--prune"])
                #expect(outcome.exitCode == 81 && outcome.stdout.contains("backup.prune_failed"), "\(outcome)")
                #expect(outcome.stdout.contains("the set is whole, but retention failed"))
                #expect(try backup.names(of: database.name).count == 2)
            }
        }
    }

    @Test("a monitor hears the start and the success, or the failure, and its URL stays out of the output")
    func heartbeat() async throws {
        try await TestServer.withDatabase { database in
            try await BackupFixture.with { backup in
                try await HTTPServer.with { server in
                    let url = "http://127.0.0.1:\(server.port)/token"
                    let good = try await create(backup, database.url, ["--heartbeat", url])
                    #expect(good.exitCode == 0, "\(good)")
                    #expect(server.paths == ["/token/start", "/token"])
                    let bad = try await create(
                        backup, "postgresql://127.0.0.1:1/x", yaml: "backup: {heartbeat: \"\(url)\"}", [])
                    #expect(bad.exitCode == 69, "\(bad)")
                    #expect(server.paths.dropFirst(2) == ["/token/start", "/token/fail"])
                    let dry = try await create(backup, database.url, ["--heartbeat", url, "--dry-run"])
                    #expect(dry.exitCode == 0 && server.paths.count == 4)
                }
            }
        }
    }

    @Test("a dead monitor is logged and fails nothing; what is no URL is 64, in dbctl.yaml 78")
    func deadMonitor() async throws {
        try await TestServer.withDatabase { database in
            try await BackupFixture.with { backup in
                let dead = try await create(backup, database.url, ["--heartbeat", "http://127.0.0.1:1/token"])
                #expect(dead.exitCode == 0 && dead.stderr.contains("heartbeat: "), "\(dead)")
                #expect(!dead.stderr.contains("token"))
                #expect(try await create(backup, database.url, ["--heartbeat", "ftp://x/y"]).exitCode == 64)
                let wrong = try await create(backup, database.url, yaml: "backup: {heartbeat: \"x\"}", [])
                #expect(wrong.exitCode == 78, "\(wrong)")
            }
        }
    }

    @Test(
        "two servers whose databases have one name do not share a history: 80, until somebody says that one took the other's place"
    )
    func otherServer() async throws {
        let first = try await TestServer.shared()
        // By initdb: the clusters of most tests are copies of one, and have its number.
        let second = try await Sandbox.start(
            SandboxOptions(root: Machine.sandboxRoot), binaries: Machine.binaries(major: 15))
        try await finally {
            try await BackupFixture.with { backup in
                let keep = "backup: {keep: {last: 1}}"
                #expect(try await create(backup, first.url, yaml: keep, ["--prune"]).exitCode == 0)
                let refused = try await create(backup, second.url, yaml: keep, ["--prune"])
                #expect(refused.exitCode == 80 && refused.stdout.contains("backup.other_server"), "\(refused)")
                #expect(try backup.names(of: "postgres").count == 1)
                #expect(try await create(backup, second.url, ["--yes"]).exitCode == 0)
                #expect(try await create(backup, second.url, []).exitCode == 0)
                #expect(try await create(backup, first.url, []).exitCode == 80)
            }
        } cleanUp: {
            try await second.stop()
        }
    }
}
