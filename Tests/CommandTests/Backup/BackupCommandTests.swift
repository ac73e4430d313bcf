import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl backup create|list|show|verify`, as a user runs them.
@Suite struct BackupCommandTests {
    private struct Document<Payload: Decodable>: Decodable {
        let schema: String
        let ok: Bool
        let exit: Int32
        let data: Payload
    }

    private struct Listing: Decodable {
        struct Entry: Decodable {
            let set: String
            let database: String
            let path: String
            let time: Date
            let sizeBytes: Int64
            let tables: Int
            let rows: Int64
            let verified: Date?
            let pinned: Bool

            enum CodingKeys: String, CodingKey {
                case set, database, path, time
                case sizeBytes = "size_bytes"
                case tables, rows, verified, pinned
            }
        }
        let repository: String
        let sets: [Entry]
    }

    @Test("create, list, show and verify agree, in JSON and for eyes")
    func story() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 42)")
            try await withTemporaryFolder { folder in
                let place = ["--repo", "\(folder)/repo"]
                let created = try await Dbctl.run(
                    ["backup", "create", "--database-url", database.url, "--format", "json"] + place)
                #expect(created.exitCode == 0, "\(created)")
                let report = try created.decode(Document<BackupReport>.self)
                #expect(report.schema == "dbctl.backup.create/1")
                #expect(report.data.rows == 42)

                let listed = try await Dbctl.run(["backup", "list", "--format", "json"] + place)
                let listing = try listed.decode(Document<Listing>.self)
                #expect(listing.schema == "dbctl.backup.list/1")
                #expect(listing.data.sets.map(\.set) == [report.data.set])
                #expect(listing.data.sets.first?.rows == 42)
                #expect(listing.data.sets.first?.verified != nil)
                #expect(try await Dbctl.run(["backup", "list"] + place).stdout.contains(report.data.set))

                let prefix = String(report.data.set.prefix(20))
                let shown = try await Dbctl.run(["backup", "show", prefix] + place)
                #expect(shown.stdout.contains("public.t"))
                let json = try await Dbctl.run(["backup", "show", report.data.path, "--format", "json"])
                let data = try #require(try json.json()["data"] as? [String: Any])
                #expect((data["manifest"] as? [String: Any])?["database"] as? String == database.name)

                for choice in [["--latest"], ["--all"], [report.data.set], [report.data.path]] {
                    let verified = try await Dbctl.run(["backup", "verify"] + choice + place)
                    #expect(verified.exitCode == 0, "\(verified)")
                    #expect(verified.stdout.contains("WHOLE"))
                }
            }
        }
    }

    @Test(
        "what is wrong with the command line or the repository has its own exit code",
        arguments: [
            (["verify"], 64), (["verify", "--all", "--latest"], 64), (["show", "nothing"], 66), (["list"], 66),
            (["verify", "--all"], 66),
            (["show", "/nowhere/x/20260131T020000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV"], 66), (["verify", "--latest"], 66),
            (["create", "--compress", "lz4"], 64), (["create", "--jobs", "0"], 64),
            (["create", "--exclude-table-data", "a.b.c"], 64),
        ] as [([String], Int32)])
    func refusals(arguments: [String], code: Int32) async throws {
        try await withTemporaryFolder { folder in
            let outcome = try await Dbctl.run(["backup"] + arguments + ["--repo", "\(folder)/repo"])
            #expect(outcome.exitCode == code, "\(outcome)")
        }
    }

    @Test("a repository without a name is refused, and nothing is written anywhere", arguments: ["create", "list"])
    func namelessRepository(verb: String) async throws {
        let outcome = try await Dbctl.run(["backup", verb, "--repo", ""])
        #expect(outcome.exitCode == 64, "\(outcome)")
    }

    @Test("--dry-run says what a set would hold and what fits no table, and writes nothing")
    func dryRun() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 42); CREATE TABLE hidden (i int);")
            try await withTemporaryFolder { folder in
                let arguments = [
                    "backup", "create", "--dry-run", "--database-url", database.url, "--repo", "\(folder)/repo",
                    "--exclude-table-data", "hidden", "--exclude-table-data", "mistyped.*",
                ]
                let preview = try await Dbctl.run(arguments + ["--format", "json"])
                #expect(preview.exitCode == 0, "\(preview)")
                let data = try preview.decode(Document<BackupPreview>.self).data
                #expect(data.dryRun && data.tables == 1 && data.contents.map(\.name) == ["t"])
                #expect(data.contents.first?.copyFormat == .binary)
                #expect(data.omitted.contains(Omission(.excluded, "public.hidden")))
                #expect(data.warnings.contains { $0.contains("mistyped.*") } && data.warnings.count == 1)
                #expect(!Folder.exists("\(folder)/repo"))
                let eyes = try await Dbctl.run(arguments)
                #expect(eyes.stdout.hasPrefix("DRY RUN") && eyes.stdout.contains("public.t"))

                let real = try await Dbctl.run(arguments.filter { $0 != "--dry-run" } + ["--format", "json"])
                let report = try real.decode(Document<BackupReport>.self).data
                #expect(report.omitted == data.omitted && report.warnings == data.warnings)
                #expect(report.plainBytes > 0)
            }
        }
    }

    @Test(
        "a note beside a set that cannot be read is said so, kept as it is, and spoils no backup; --quiet says what it keeps from being noted"
    )
    func damagedNote() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int)")
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url)
                let note = URL(fileURLWithPath: "\(set.folder).state.json")
                try Data("{\"pinned\": tr".utf8).write(to: note)
                let place = ["--repo", "\(backup.folder)/repo"]
                let listed = try await Dbctl.run(["backup", "list"] + place)
                #expect(listed.exitCode == 0 && listed.stdout.contains("state.json cannot be read"), "\(listed)")
                let verified = try await Dbctl.run(["backup", "verify", "--latest"] + place)
                #expect(verified.exitCode == 0 && verified.stdout.contains("WHOLE"), "\(verified)")
                #expect(verified.stdout.contains("could not be noted"))
                // What cron mails is all that anybody reads: `backup check` will not know of it.
                for verb in [["verify", "--latest"], ["drill", "--latest", "--into", "\(database.name)_drill"]] {
                    let silent = try await Dbctl.run(
                        ["backup"] + verb + ["--quiet", "--database-url", database.url] + place)
                    #expect(silent.exitCode == 0 && silent.stdout.isEmpty, "\(silent)")
                    #expect(silent.stderr.contains("could not be noted beside the set"), "\(silent)")
                    #expect(
                        silent.stderr.contains("backup check") && silent.stderr.contains(set.report.set), "\(silent)")
                }
                #expect(try String(contentsOf: note, encoding: .utf8) == "{\"pinned\": tr")
            }
        }
    }

    @Test("no repository configured is exit 78, naming the flag and the key")
    func unconfigured() async throws {
        let outcome = try await Dbctl.run(["backup", "list"])
        #expect(outcome.exitCode == 78)
        #expect(outcome.stderr.contains("--repo") && outcome.stderr.contains("backup.repo"))
    }

    @Test("--all-databases makes one set for each database, and none for those that a restore is making")
    func allDatabases() async throws {
        try await TestServer.withSandbox { sandbox in
            try await sandbox.psql("CREATE DATABASE \"Second One\"")
            let run = RunID.make().description.lowercased()
            for suffix in ["_0123abcd", "_0123abcd_old"] {
                try await sandbox.psql("CREATE DATABASE dbctl_restore_\(run)\(suffix)")
            }
            // Not every name that begins alike is ours.
            try await sandbox.psql("CREATE DATABASE dbctl_restore_notes")
            try await withTemporaryFolder { folder in
                let outcome = try await Dbctl.run([
                    "backup", "create", "--all-databases", "--repo", "\(folder)/repo", "--database-url",
                    "postgresql://postgres@127.0.0.1:\(sandbox.port)/postgres",
                ])
                #expect(outcome.exitCode == 0, "\(outcome)")
                let sets = try SetCatalog(LocalRepository("\(folder)/repo")).sets()
                #expect(sets.map(\.database).sorted() == ["Second One", "dbctl_restore_notes", "postgres"])
                // Whatever second they were begun in, a name is to mean one set.
                #expect(Set(sets.map { $0.name.text.suffix(26) }).count == 3)
                let latest = try await Dbctl.run(["backup", "verify", "--latest", "--repo", "\(folder)/repo"])
                #expect(latest.exitCode == 64)
                #expect(latest.stderr.contains("Second One"))
            }
        }
    }

    @Test(
        "--all-databases with one that is locked is a part of the work, 81, and names it; --dry-run of it writes nothing"
    )
    func someDatabases() async throws {
        try await TestServer.withSandbox { sandbox in
            try await sandbox.psql("CREATE DATABASE other")
            let url = "postgresql://postgres@127.0.0.1:\(sandbox.port)"
            try await sandbox.psql("CREATE TABLE busy (i int)")
            let blocker = try await Connection.open(
                ConnectionParameters(url: "\(url)/postgres"), settings: SessionSettings(applicationName: "blocker"))
            try await blocker.run { session in
                try session.execute("BEGIN")
                try session.execute("LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE")
            }
            try await withTemporaryFolder { folder in
                func create(_ more: [String]) async throws -> DbctlOutcome {
                    try await Dbctl.run(
                        [
                            "backup", "create", "--all-databases", "--repo", "\(folder)/repo", "--database-url",
                            "\(url)/other", "--format", "json",
                        ] + more)
                }
                let some = try await create(["--lock-wait", "300ms"])
                #expect(some.exitCode == 81, "\(some)")
                let error = try #require(try some.json()["error"] as? [String: Any])
                #expect(error["code"] as? String == "backup.partly_made")
                #expect((error["message"] as? String)?.hasSuffix("not: postgres") == true, "\(error)")
                #expect((error["detail"] as? String)?.contains("backup.locked") == true, "\(error)")
                #expect(try SetCatalog(LocalRepository("\(folder)/repo")).sets().map(\.database) == ["other"])
                await blocker.close()
                let preview = try await create(["--dry-run"])
                #expect(preview.exitCode == 0, "\(preview)")
                let data = try #require(try preview.json()["data"] as? [String: Any])
                #expect(data["dry_run"] as? Bool == true && (data["sets"] as? [[String: Any]])?.count == 2)
                #expect(try SetCatalog(LocalRepository("\(folder)/repo")).sets().count == 1)
            }
        }
    }
}
