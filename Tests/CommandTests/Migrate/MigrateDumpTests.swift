import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl migrate dump` and `check`.
@Suite struct MigrateDumpTests {
    private static let schema = """
        CREATE TABLE t (id int PRIMARY KEY, "Name" text DEFAULT 'a;\\b');
        CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
        CREATE VIEW v AS SELECT id FROM t;
        """

    @Test("M12: the file is stable, loads with psql, and check finds drift in it", arguments: [15, 16, 18])
    func roundTrip(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(Self.schema)
            try await withTemporaryFolder { folder in
                let file = "\(folder)/schema.sql"
                let place = ["--file", file, "--database-url", database.url, "--format", "json"]
                let pgBin = ["DBCTL_BACKUP_PG_BIN": try await Machine.binaries(major: major).folder]
                #expect(try await Dbctl.run(["migrate", "check"] + place, env: pgBin).exitCode == 66)
                let written = try await Dbctl.run(["migrate", "dump"] + place, env: pgBin)
                #expect(try written.exitCode == 0 && written.data()["changed"] as? Bool == true, "\(written)")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(!text.contains("restrict") && !text.contains("Dumped by") && !text.contains("timeout"))
                #expect(!text.contains("\n\n\n") && text.contains("BEGIN ATOMIC"))
                let again = try await Dbctl.run(["migrate", "dump"] + place, env: pgBin)
                #expect(try again.data()["changed"] as? Bool == false)
                #expect(try await Dbctl.run(["migrate", "check"] + place, env: pgBin).exitCode == 0)

                try await TestServer.withDatabase(major: major) { copy in
                    try await copy.psql(text)
                    let other = ["--file", file, "--database-url", copy.url]
                    #expect(try await Dbctl.run(["migrate", "check"] + other, env: pgBin).exitCode == 0)
                }

                try await database.psql("ALTER TABLE t ADD COLUMN extra int")
                let drift = try await Dbctl.run(["migrate", "check"] + place, env: pgBin)
                #expect(drift.exitCode == 1, "\(drift)")
                #expect(try drift.error()["code"] as? String == "migrate.drift", "beside the data")
                // What has the name and is no file stays, and is said before pg_dump has run; a link is followed.
                #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
                let refused = try await Dbctl.run(
                    ["migrate", "dump", "--file", "\(folder)/pipe", "--database-url", "postgresql://h.invalid/d"])
                #expect(refused.exitCode == 73 && refused.stderr.contains("is no regular file"), "\(refused)")
                #expect(Folder.isSpecial("\(folder)/pipe"))
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/link.sql", withDestinationPath: "schema.sql")
                let through = ["--file", "\(folder)/link.sql", "--database-url", database.url]
                #expect(try await Dbctl.run(["migrate", "dump"] + through, env: pgBin).exitCode == 0)
                #expect(try String(contentsOfFile: file, encoding: .utf8).contains("extra integer"))
                let lines = try drift.data()["difference"] as? [String] ?? []
                #expect(lines.contains { $0.hasPrefix("+") && $0.contains("extra integer") }, "\(lines)")
            }
        }
    }

    @Test("several targets never share a file: {target} tells them apart, without it nothing is written")
    func targets() async throws {
        try await TestServer.withDatabase { one in
            try await TestServer.withDatabase { two in
                let files = [
                    "m/1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n",
                    "dbctl.yaml": """
                    targets:
                      one: {url: "\(one.url)"}
                      two: {url: "\(two.url)"}
                    migrate:
                      dump: ${HOME}/{target}.sql
                    """,
                ]
                try await two.psql("CREATE TABLE only_two (i int)")
                try await MigrationFixture.with(files, on: "") { place in
                    func run(_ verb: String, _ more: String...) async throws -> DbctlOutcome {
                        try await Dbctl.run(
                            ["migrate", verb, "--config", "\(place.folder)/dbctl.yaml", "--no-progress"] + more,
                            env: ["HOME": place.folder])
                    }
                    func text(_ name: String) -> String? {
                        try? String(contentsOfFile: "\(place.folder)/\(name).sql", encoding: .utf8)
                    }
                    let shared = ["--file", "\(place.folder)/shared.sql"]
                    let refused = try await run("dump", "--all-targets", shared[0], shared[1])
                    #expect(refused.exitCode == 64 && refused.stderr.contains("for 2 targets"), "\(refused)")
                    #expect(text("shared") == nil)
                    let single = try await run("dump", "--target", "one", "--target", "one", shared[0], shared[1])
                    #expect(single.exitCode == 0 && text("shared") != nil, "\(single)")
                    let compared = try await run("check", "--all-targets", shared[0], shared[1])
                    #expect(
                        compared.exitCode == 1,
                        "two has more than the file; reading it, several may share it: \(compared)")

                    let up = try await run("up", "--all-targets", "--dir", "\(place.folder)/m")
                    #expect(up.exitCode == 0, "\(up)")
                    #expect(text("one")?.contains("only_two") == false && text("two")?.contains("only_two") == true)
                    #expect(try await run("check", "--all-targets").exitCode == 0)

                    let configuration = "\(place.folder)/dbctl.yaml"
                    let fixed = try String(contentsOfFile: configuration, encoding: .utf8).replacing(
                        "{target}", with: "fixed")
                    try fixed.write(toFile: configuration, atomically: true, encoding: .utf8)
                    try place.write("m/2_b.sql", "-- migrate:up\nCREATE TABLE b (i int);\n")
                    let warned = try await run("up", "--all-targets", "--dir", "\(place.folder)/m")
                    #expect(warned.exitCode == 0 && warned.stdout.contains("was not written"), "\(warned)")
                    #expect(text("fixed") == nil)
                }
                #expect(try await one.psql("SELECT to_regclass('public.b') IS NOT NULL") == "t")
            }
        }
    }

    @Test("M12: up writes the file when configured; when it cannot, the migrations stay and a warning says so")
    func afterUp() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let config = "\(migrations.folder)/../dbctl-\(database.name).yaml"
                try "migrate: {dump: \(migrations.folder)/db/schema.sql}".write(
                    toFile: config, atomically: true, encoding: .utf8)
                defer { try? FileManager.default.removeItem(atPath: config) }
                // Also the next one, which has nothing else to do.
                for _ in 1...2 {
                    let warned = try await migrations.run("up", "--config", config)
                    #expect(warned.exitCode == 0 && warned.stdout.contains("schema file was not written"), "\(warned)")
                }
                try migrations.write("db/x.txt", "")
                let late = try await migrations.run("up", "--config", config)
                #expect(try late.exitCode == 0 && late.data()["dump"] != nil, "\(late)")
                let idle = try await migrations.run("up", "--config", config)
                #expect(try idle.exitCode == 0 && idle.data()["dump"] == nil, "it is written: \(idle)")
                try migrations.remove("db/schema.sql")
                let missing = try await migrations.run("up", "--config", config)
                #expect(try missing.exitCode == 0 && missing.data()["dump"] != nil, "\(missing)")
                try migrations.write("2_b.sql", "-- migrate:up\nCREATE TABLE b (i int);\n")
                let written = try await migrations.run("up", "--config", config)
                #expect(written.exitCode == 0 && !written.stdout.contains("not written"), "\(written)")
                let text = try String(contentsOfFile: "\(migrations.folder)/db/schema.sql", encoding: .utf8)
                #expect(text.contains("CREATE TABLE public.b") && !text.contains("dbctl"))
            }
        }
    }

    @Test("the target of a dump is a file; a folder is refused in plain words")
    func folder() async throws {
        try await TestServer.withDatabase { database in
            try await withTemporaryFolder { folder in
                let outcome = try await Dbctl.run(["migrate", "dump", "--file", folder, "--database-url", database.url])
                #expect(outcome.exitCode == 73 && outcome.stderr.contains("\(folder) is a folder"), "\(outcome)")
            }
        }
    }
}
