import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("dbctl config, as run")
struct ConfigurationCommandTests {
    private func inFolder(_ text: String, _ body: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            try await body(folder)
        }
    }

    @Test("config check is 0 for a right file and 78 with file and line for a wrong one")
    func check() async throws {
        try await inFolder("backup:\n  jbos: 2\n") { folder in
            let wrong = try await TestSupport.Dbctl.run(["config", "check"], folder: folder)
            #expect(wrong.exitCode == 78 && wrong.stderr.contains("dbctl.yaml:2") && wrong.stderr.contains("\"jobs\""))
            let json = try await TestSupport.Dbctl.run(["config", "check", "--format", "json"], folder: folder)
            let error = try json.json()["error"] as? [String: Any]
            #expect(error?["code"] as? String == "config.unknown_key")
        }
        try await inFolder("backup:\n  jobs: 2\n") { folder in
            let right = try await TestSupport.Dbctl.run(["config", "check"], folder: folder)
            #expect(right.exitCode == 0, "\(right)")
        }
        #expect(try await TestSupport.Dbctl.run(["config", "check", "--config", "/nonexistent/x"]).exitCode == 66)
    }

    @Test("a key that no command reads yet is accepted and said to be without effect")
    func reserved() async throws {
        let text = """
            backup: {jobs: 3, keep: {last: 3}, s3: {region: eu}}
            notify: {url: "https://monitor.example/hook"}
            migrate: {dir: m, wait: 1m}

            """
        try await inFolder(text) { folder in
            let check = try await TestSupport.Dbctl.run(["config", "check"], folder: folder)
            #expect(check.exitCode == 0, "\(check)")
            #expect(check.stdout.hasSuffix("yet: backup.s3.region, notify.url\n"), "\(check)")
            let show = try await TestSupport.Dbctl.run(["config", "show", "--format", "json"], folder: folder)
            let settings = (try show.json()["data"] as? [String: Any])?["settings"] as? [[String: Any]] ?? []
            let unread = settings.filter { $0["reserved"] as? Bool == true }.compactMap { $0["key"] as? String }
            #expect(unread == ["backup.s3.region", "notify.url"], "\(show)")
        }
    }

    @Test("every key that is not reserved is read by some command")
    func read() throws {
        let settings = try String(
            contentsOf: Sources.root.appending(path: "Sources/dbctl/Support/Configuration/Setting.swift"),
            encoding: .utf8)
        for path in ConfigurationSchema.singleValues where !ConfigurationSchema.isReserved(path) {
            #expect(settings.contains("Setting(\"\(path)\")"), "\(path)")
        }
    }

    @Test("bytes that are no UTF-8 are named by line")
    func notText() async throws {
        try await withTemporaryFolder { folder in
            try Data(Array("backup:\n  repo: \"".utf8) + [0xFF, 0xFE] + Array("\"\n".utf8))
                .write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            let outcome = try await TestSupport.Dbctl.run(["config", "check"], folder: folder)
            #expect(outcome.exitCode == 78 && outcome.stderr.contains("dbctl.yaml:2"))
        }
    }

    @Test("config check resolves every variable; another verb only those that it uses")
    func variables() async throws {
        try await inFolder("backup:\n  repo: \"${NO_SUCH_VARIABLE}\"\n") { folder in
            let check = try await TestSupport.Dbctl.run(["config", "check"], folder: folder)
            #expect(check.exitCode == 78 && check.stderr.contains("NO_SUCH_VARIABLE"))
            let set = ["NO_SUCH_VARIABLE": "/x"]
            #expect(try await TestSupport.Dbctl.run(["config", "check"], env: set, folder: folder).exitCode == 0)
            #expect(try await TestSupport.Dbctl.run(["config", "show"], folder: folder).exitCode == 0)
        }
    }

    @Test("the file is found at --config, then here, then under XDG_CONFIG_HOME")
    func lookup() async throws {
        try await inFolder("backup: {jobs: 3}\n") { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/xdg/dbctl", withIntermediateDirectories: true)
            try Data("backup: {jobs: 5}\n".utf8).write(to: URL(filePath: "\(folder)/xdg/dbctl/dbctl.yaml"))
            try Data("backup: {jobs: 7}\n".utf8).write(to: URL(filePath: "\(folder)/other.yaml"))
            let env = ["XDG_CONFIG_HOME": "\(folder)/xdg"]
            func jobs(_ arguments: [String], _ place: String) async throws -> String? {
                let outcome = try await TestSupport.Dbctl.run(
                    ["config", "show", "--format", "json"] + arguments, env: env, folder: place)
                let data = try outcome.json()["data"] as? [String: Any]
                let settings = data?["settings"] as? [[String: Any]]
                return settings?.first { $0["key"] as? String == "backup.jobs" }?["value"] as? String
            }
            #expect(try await jobs(["--config", "other.yaml"], folder) == "7")
            #expect(try await jobs([], folder) == "3")
            #expect(try await jobs([], "\(folder)/xdg") == "5")
        }
    }

    @Test("config show names each origin and shows no secret, in either format", arguments: ["human", "json"])
    func show(_ format: String) async throws {
        let text = """
            targets:
              prod: {url: "postgresql://app:geheim1@db1/app", password: "${PW}"}
            backup: {heartbeat: "https://user:geheim3@monitor/ping"}
            """
        try await inFolder(text) { folder in
            let outcome = try await TestSupport.Dbctl.run(
                ["config", "show", "--format", format, "--target", "prod", "--lock-timeout", "9s"],
                env: ["PW": "geheim2", "DBCTL_BACKUP_JOBS": "6", "PGPORT": "6000"], folder: folder)
            #expect(outcome.exitCode == 0)
            #expect(!"\(outcome)".contains("geheim"), "\(outcome)")
            for origin in ["dbctl.yaml:2", "--lock-timeout", "DBCTL_BACKUP_JOBS", "PGPORT", "default", "(PW)"] {
                #expect(outcome.stdout.contains(origin), "\(origin): \(outcome)")
            }
        }
    }

    @Test("--env-file fills in what the environment lacks, and never overrides it")
    func envFile() async throws {
        try await withTemporaryFolder { folder in
            try Data("DB_HOST=from-file\nDB_USER=from-file\nPGDATABASE=from-file\n".utf8)
                .write(to: URL(filePath: "\(folder)/.env"))
            let arguments = ["config", "show", "--format", "json"]
            let env = ["DB_HOST": "from-environment"]
            func parts(_ extra: [String]) async throws -> [String: String] {
                let outcome = try await TestSupport.Dbctl.run(arguments + extra, env: env, folder: folder)
                let data = try outcome.json()["data"] as? [String: Any]
                let parts = data?["server"] as? [[String: String]] ?? []
                return Dictionary(uniqueKeysWithValues: parts.map { ($0["keyword"] ?? "", $0["value"] ?? "") })
            }
            #expect(try await parts([])["dbname"] == nil)
            let read = try await parts(["--env-file", ".env"])
            #expect(read["host"] == "from-environment" && read["user"] == "from-file" && read["dbname"] == "from-file")
        }
    }
}
