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
                let lines = try drift.data()["difference"] as? [String] ?? []
                #expect(lines.contains { $0.hasPrefix("+") && $0.contains("extra integer") }, "\(lines)")
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
                let warned = try await migrations.run("up", "--config", config)
                #expect(warned.exitCode == 0 && warned.stdout.contains("schema file was not written"), "\(warned)")
                try migrations.write("db/x.txt", "")
                try migrations.write("2_b.sql", "-- migrate:up\nCREATE TABLE b (i int);\n")
                let written = try await migrations.run("up", "--config", config)
                #expect(written.exitCode == 0 && !written.stdout.contains("not written"), "\(written)")
                let text = try String(contentsOfFile: "\(migrations.folder)/db/schema.sql", encoding: .utf8)
                #expect(text.contains("CREATE TABLE public.b") && !text.contains("dbctl"))
            }
        }
    }
}
