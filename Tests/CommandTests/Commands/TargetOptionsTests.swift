import DBKit
import Foundation
import TestSupport
import Testing

@Suite("--target and --all-targets, as run")
struct TargetOptionsTests {
    private typealias Document = CommandLineTests.Document

    private func withConfiguration(_ text: String, _ body: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            try await body(folder)
        }
    }

    @Test(
        "a target without a configuration is refused with where one was looked for",
        arguments: [
            ["history"], ["backup", "list", "--repo", "/nonexistent"], ["config", "show"], ["config", "check"],
            ["history", "--database-url", "postgresql://127.0.0.1:1/d"],
        ])
    func noConfiguration(_ verb: [String]) async throws {
        try await withTemporaryFolder { folder in
            for option in [["--target", "prod"], ["--all-targets"]] {
                if option == ["--all-targets"], verb.contains("--database-url") { continue }
                let run = try await TestSupport.Dbctl.run(
                    verb + option + ["--format", "json"], env: ["XDG_CONFIG_HOME": "/x"], folder: folder)
                let document = try run.decode(Document.self)
                #expect(run.exitCode == 78 && document.error?.code == "config.unknown_target", "\(run)")
                #expect(run.stdout.contains("/x/dbctl/dbctl.yaml") && run.stdout.contains("--config"), "\(run)")
            }
        }
    }

    @Test(
        "an unknown target is refused by every verb with the nearest name, before anything is done on the others",
        arguments: [
            ["backup", "list", "--repo", "/nonexistent"], ["backup", "verify", "--latest", "--repo", "/nonexistent"],
            ["history"], ["config", "check"],
        ])
    func unknownName(_ verb: [String]) async throws {
        try await withConfiguration("targets: {prod: {url: \"postgresql://127.0.0.1:1/d\"}}\n") { folder in
            for others in [[], ["--target", "prod"], ["--database-url", "postgresql://127.0.0.1:1/d"]] {
                let run = try await TestSupport.Dbctl.run(
                    verb + others + ["--target", "prdo", "--format", "json"], folder: folder)
                #expect(run.exitCode == 78 && run.stdout.contains("--target prod?"), "\(run)")
                #expect(try run.json()["results"] == nil, "\(run)")
            }
        }
    }

    @Test(
        "a verb without a configuration has no targets: 64",
        arguments: [["explain"], ["init", "--dry-run"], ["demo"], ["sandbox", "stop", "--all"]])
    func offline(_ verb: [String]) async throws {
        for option in [["--target", "prod"], ["--all-targets"]] {
            let run = try await TestSupport.Dbctl.run(verb + option + ["--format", "json"])
            #expect(run.exitCode == 64, "\(run)")
            #expect(try run.decode(Document.self).error?.message.contains("no target") == true)
        }
    }

    @Test("a check of several targets: CRITICAL outranks UNKNOWN, UNKNOWN outranks WARNING")
    func worstVerdict() async throws {
        let server = try await TestServer.shared()
        try await TestServer.withDatabase(options: "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'") { database in
            let text = """
                targets:
                  critical: {url: "postgresql://127.0.0.1:1/d"}
                  unknown: {url: "postgresql://app@db1:99999/app"}
                  warning: {url: "\(database.url)"}
                  ok: {url: "\(server.url)"}
                """
            try await withConfiguration(text) { folder in
                let expected: [([String], Int32)] = [
                    (["ok", "warning"], 1), (["warning", "unknown"], 3), (["critical", "unknown"], 2),
                    (["unknown", "warning", "critical", "ok"], 2),
                ]
                for (targets, code) in expected {
                    let run = try await TestSupport.Dbctl.run(
                        ["check", "--format", "json"] + targets.flatMap { ["--target", $0] }, folder: folder)
                    let document = try run.json()
                    #expect(run.exitCode == code && document["exit"] as? Int == Int(code), "\(run)")
                }
            }
        }
    }

    @Test("two targets that name one database are two runs, each with its row in dbctl.operations")
    func sameDatabase() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE attempts (at timestamptz NOT NULL) PARTITION BY RANGE (at); CREATE TABLE prices (day date)"
            )
            let text = """
                targets:
                  first: {url: "\(database.url)"}
                  second: {url: "\(database.url)"}
                partitions:
                  - {table: attempts, by: at, every: 1 month}
                """
            try await withConfiguration(text) { folder in
                for verb in [["partition", "ensure"], ["index", "create", "prices", "day"]] {
                    let run = try await TestSupport.Dbctl.run(
                        verb + ["--all-targets", "--parallel", "1", "--format", "json"], folder: folder)
                    let results = try #require(try run.json()["results"] as? [[String: Any]])
                    #expect(run.exitCode == 0, "\(run)")
                    #expect(Set(results.compactMap { $0["run_id"] as? String }).count == 2, "\(run)")
                }
                // The second ensure had nothing to do, and notes nothing.
                let noted = try await database.psql(
                    "SELECT command || ' ' || count(*) FROM dbctl.operations WHERE outcome = 'succeeded' GROUP BY command ORDER BY 1"
                )
                #expect(noted == "index create 2\npartition ensure 1")
            }
        }
    }
}
