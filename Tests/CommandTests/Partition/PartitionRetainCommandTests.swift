import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl partition retain, as it is typed")
struct PartitionRetainCommandTests {
    private struct Scene {
        let fixture: PartitionFixture
        let folder: String

        func dbctl(_ arguments: String...) async throws -> DbctlOutcome {
            try await TestSupport.Dbctl.run(
                ["partition", "retain"] + arguments + ["--database-url", fixture.database.url, "--no-progress"],
                folder: folder)
        }
    }

    private static let schema =
        PartitionFixture.schema + """

            CREATE TABLE attempts_p2025_01 PARTITION OF attempts FOR VALUES FROM ('2025-01-01Z') TO ('2025-02-01Z');
            CREATE TABLE attempts_p2025_02 PARTITION OF attempts FOR VALUES FROM ('2025-02-01Z') TO ('2025-03-01Z');
            CREATE TABLE attempts_now PARTITION OF attempts FOR VALUES FROM ('2025-03-01Z') TO ('2999-01-01Z');
            INSERT INTO attempts (attempted_at, user_id) VALUES ('2025-01-05', 1), ('2025-02-05', 1), (now(), 1);
            """

    private func with(_ entry: String, _ body: (Scene) async throws -> Void) async throws {
        try await PartitionFixture.with(Self.schema) { fixture in
            try await withTemporaryFolder { folder in
                try Data("partitions:\n  - {table: attempts, by: attempted_at, every: 1 month\(entry)}\n".utf8)
                    .write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                try await body(Scene(fixture: fixture, folder: folder))
            }
        }
    }

    private struct Document: Decodable {
        struct Data: Decodable {
            var isDryRun: Bool
            var partitions: [RetainedPartition]
            var sets: [RetainedTable]

            enum CodingKeys: String, CodingKey {
                case isDryRun = "dry_run"
                case partitions, sets
            }
        }
        struct Problem: Decodable { var code: String }
        var schema: String
        var ok: Bool
        var exit: Int
        var data: Data
        var error: Problem?
    }

    @Test("it is a dry run without --yes, in both formats, and acts with it")
    func consent() async throws {
        try await with(", keep: 3 months, on_expire: drop") { scene in
            let plan = try await scene.dbctl()
            #expect(plan.exitCode == 0 && plan.stdout.hasPrefix("DRY RUN"), "\(plan)")
            #expect(
                plan.stdout.contains(
                    "ALTER TABLE \"public\".\"attempts\" DETACH PARTITION \"public\".\"attempts_p2025_01\" CONCURRENTLY;"
                )
                    && plan.stdout.contains("DROP TABLE \"public\".\"attempts_p2025_02\";"), "\(plan)")
            let both = try await scene.dbctl("--dry-run", "--yes", "--format", "json").decode(Document.self)
            #expect(both.data.isDryRun && both.data.partitions.map(\.state) == [.planned, .planned])
            let done = try await scene.dbctl("--yes", "--format", "json")
            let document = try done.decode(Document.self)
            #expect(document.schema == "dbctl.partition.retain/1" && document.ok && document.exit == 0)
            #expect(document.data.partitions.map(\.state) == [.dropped, .dropped] && !document.data.isDryRun)
            #expect(document.data.sets.map(\.expired) == [2])
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts") == "1")
            let nothing = try await scene.dbctl("--yes")
            #expect(nothing.exitCode == 0 && nothing.stdout == "Nothing is past keeping in 1 table.\n", "\(nothing)")
        }
    }

    @Test("archive takes backup.repo or --repo; without either it is 78, and the set is printed")
    func archive() async throws {
        try await with(", keep: 21 months, on_expire: archive") { scene in
            let plan = try await scene.dbctl()
            #expect(plan.exitCode == 78 && plan.stderr.contains("partition.no_archive"), "\(plan)")
            let done = try await scene.dbctl("--yes", "--repo", "\(scene.folder)/repo")
            #expect(done.exitCode == 0, "\(done)")
            #expect(done.stdout.contains("1 rows in \(scene.folder)/repo/.partitions/"), "\(done)")
            let list = try await TestSupport.Dbctl.run([
                "backup", "list", "--repo", "\(scene.folder)/repo", "--format", "json",
            ])
            #expect(list.exitCode == 0 && list.stdout.contains("\"sets\":[]"), "\(list)")
        }
    }

    @Test("exit codes: 64, 66, 75, 78, 80 and 81 are what the help says")
    func exits() async throws {
        try await with(", keep: 3 months, on_expire: drop") { scene in
            #expect(try await scene.dbctl("--keep", "3 months").exitCode == 64)
            #expect(try await scene.dbctl("--table", "attempts", "--on-expire", "burn").exitCode == 64)
            #expect(try await scene.dbctl("--table", "nowhere").exitCode == 66)
            #expect(try await scene.dbctl("--table", "users").exitCode == 80)
            try await scene.fixture.database.psql("CREATE VIEW old AS SELECT note FROM attempts_p2025_02")
            let refused = try await scene.dbctl("--yes", "--format", "json")
            let document = try refused.decode(Document.self)
            #expect(refused.exitCode == 80 && document.error?.code == "partition.dependents", "\(refused)")
            #expect(document.data.partitions.isEmpty && !document.ok)
            let kept = try await scene.dbctl("--yes", "--table", "attempts", "--on-expire", "detach")
            #expect(kept.exitCode == 0 && kept.stdout.contains("detached"), "\(kept)")
        }
        try await with("") { scene in
            let idle = try await scene.dbctl("--yes")
            #expect(idle.exitCode == 0, "\(idle)")
            let endless = try await scene.dbctl("--table", "attempts", "--yes")
            #expect(endless.exitCode == 78 && endless.stderr.contains("partition.no_keep"), "\(endless)")
        }
    }

    @Test("a repository that is not there: its folder is made and no folder above it, and a dry run says so")
    func repository() async throws {
        try await with(", keep: 21 months, on_expire: archive") { scene in
            for arguments in [["--dry-run"], ["--yes"]] {
                let lost = try await TestSupport.Dbctl.run(
                    ["partition", "retain", "--repo", "\(scene.folder)/typo/x", "--database-url"]
                        + [scene.fixture.database.url, "--no-progress"] + arguments, folder: scene.folder)
                #expect(lost.exitCode == 66 && lost.stderr.contains("storage.repository_not_found"), "\(lost)")
                #expect(!FileManager.default.fileExists(atPath: "\(scene.folder)/typo"))
            }
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts") == "3")
            let plan = try await scene.dbctl("--repo", "\(scene.folder)/repo/")
            #expect(plan.exitCode == 0 && plan.stdout.contains("is not there yet, and is made"), "\(plan)")
            #expect(!FileManager.default.fileExists(atPath: "\(scene.folder)/repo"))
        }
    }

    @Test("--into restores the archive into a scratch database of the server, which is gone again")
    func into() async throws {
        try await with(", keep: 21 months, on_expire: archive") { scene in
            let scratch = "\(scene.fixture.database.name)_scratch"
            let done = try await scene.dbctl("--yes", "--repo", "\(scene.folder)/repo", "--into", scratch)
            #expect(done.exitCode == 0 && done.stdout.contains("1 rows in"), "\(done)")
            #expect(
                try await scene.fixture.database.psql("SELECT count(*) FROM pg_database WHERE datname = '\(scratch)'")
                    == "0")
            #expect(try await scene.fixture.database.psql("SELECT to_regclass('attempts_p2025_01') IS NULL") == "t")
        }
    }

    @Test("on a terminal it shows the statements and asks how many; another answer changes nothing")
    func terminal() async throws {
        try await with(", keep: 3 months, on_expire: drop") { scene in
            let arguments = [
                "partition", "retain", "--database-url", scene.fixture.database.url, "--config",
                "\(scene.folder)/dbctl.yaml",
            ]
            for (answer, code, left) in [("yes", Int32(80), "3"), ("2", 0, "1")] {
                try await TerminalRun.with(arguments, columns: 200) { terminal in
                    try await terminal.wait("asks") { $0.ordinary.contains("type 2 to go on") }
                    #expect(terminal.screen.ordinary.contains("DROP TABLE"), "\(terminal.screen)")
                    terminal.press("\(answer)\n")
                    #expect(try await terminal.waitForEnd() == code, "\(terminal.screen)")
                }
                #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts") == left)
            }
        }
    }
}
