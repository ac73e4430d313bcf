import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl migrate adopt` after the tools themselves: sqitch and Alembic, as Debian has them. M11.
@Suite struct MigrateAdoptToolTests {
    private static func sqitch(_ arguments: [String], in folder: String) async throws {
        let outcome = try await Program.run(
            "sqitch", arguments,
            environment: [
                "HOME": folder, "SQITCH_FULLNAME": "Ann Écrivain", "SQITCH_EMAIL": "ann@example.com", "TZ": "UTC",
                "SQITCH_USER_CONFIG": "\(folder)/none.conf", "SQITCH_SYSTEM_CONFIG": "\(folder)/none.conf",
            ], folder: folder)
        guard outcome.exitCode == 0 else { throw TestSupportError("sqitch \(arguments): \(outcome)") }
    }

    /// Two changes deployed by sqitch.
    private func withSqitch(_ body: (TestDatabase, MigrationFixture) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with([:], on: database.url) { migrations in
                let folder = migrations.folder
                try await Self.sqitch(["init", "shop", "--engine", "pg"], in: folder)
                for (name, text) in [("users", AdoptFixture.first), ("more", AdoptFixture.second)] {
                    try await Self.sqitch(["add", name, "-n", "Adds \(name)."], in: folder)
                    try migrations.write("deploy/\(name).sql", "BEGIN;\n\(text)COMMIT;\n")
                }
                let target = "db:" + database.url.replacing("postgresql:", with: "pg:")
                try await Self.sqitch(["deploy", "--target", target], in: folder)
                try await body(database, migrations)
            }
        }
    }

    @Test("sqitch: its changes by their ids, each script by its hash; its registry is untouched; a new change is run")
    func sqitch() async throws {
        try await withSqitch { database, migrations in
            let fingerprint = MigrateAdoptTests.fingerprint("sqitch.changes")
            let before = try await database.psql(fingerprint)
            let done = try await migrations.run("adopt")
            #expect(done.exitCode == 0, "\(done)")
            #expect(try done.versions("changes") == ["1", "2"] && done.data()["pending"] as? Int == 0)
            #expect(try await migrations.run("adopt").versions("changes").isEmpty)
            let facts = """
                SELECT count(*) || ' ' || bool_and(applied_by = committer_name AND applied_at = committed_at)
                FROM dbctl.migrations JOIN sqitch.changes ON change = name
                """
            #expect(try await database.psql(facts) == "2 true")
            #expect(try await migrations.run("up").versions("applied").isEmpty)
            try await Self.sqitch(["add", "later", "-n", "Adds later."], in: migrations.folder)
            try migrations.write("deploy/later.sql", "BEGIN;\nCREATE TABLE c (id int);\nCOMMIT;\n")
            #expect(try await migrations.run("up").versions("applied") == ["3"])
            #expect(try await database.psql(fingerprint) == before)
        }
    }

    @Test("sqitch: an edited script and an edited plan are refused")
    func sqitchEdited() async throws {
        try await withSqitch { database, migrations in
            let script = "BEGIN;\n\(AdoptFixture.second)COMMIT;\n"
            try migrations.write("deploy/more.sql", script + "-- more\n")
            let script65 = try await migrations.run("adopt")
            #expect(
                try script65.exitCode == 65 && script65.detail().contains("- deploy/more.sql is not what"),
                "\(script65)")
            try migrations.write("deploy/more.sql", script)
            let plan = try String(contentsOfFile: "\(migrations.folder)/sqitch.plan", encoding: .utf8)
            try migrations.write("sqitch.plan", plan.replacing("Adds more.", with: "Adds more"))
            let plan65 = try await migrations.run("adopt")
            #expect(try plan65.exitCode == 65 && plan65.detail().contains("- more ("), "\(plan65)")
            #expect(try await database.psql("SELECT to_regnamespace('dbctl') IS NULL") == "t")
            try migrations.write("sqitch.plan", plan)
            #expect(try await migrations.run("adopt").exitCode == 0)
        }
    }

    @Test("sqitch: its history fits no other folder, and its folder no other history")
    func sqitchFolder() async throws {
        try await withSqitch { database, migrations in
            let files = ["1_a.sql": "-- migrate:up\nSELECT 1;\n"]
            try await MigrationFixture.with(files, on: database.url) { other in
                let refused = try await other.run("adopt")
                #expect(try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.adopt_folder")
            }
            try await database.psql("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")
            let refused = try await migrations.run("adopt", "--from", "dbmate")
            #expect(try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.adopt_folder")
        }
    }

    @Test("Alembic: its head is recorded as what it is, never as a version, and dbctl's own files begin after it")
    func alembic() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "alembic.ini": "[alembic]\nscript_location = .\n",
                "env.py": """
                from alembic import context
                from sqlalchemy import create_engine
                with create_engine("\(database.url)").connect() as connection:
                    context.configure(connection=connection)
                    with context.begin_transaction():
                        context.run_migrations()
                """,
                "versions/1_users.py": Self.revision("99999999999999", after: "None", AdoptFixture.first),
                "versions/2_more.py": Self.revision("20", after: "'99999999999999'", AdoptFixture.second),
            ]
            try await MigrationFixture.with(files, on: database.url) { alembic in
                let ran = try await Program.run("alembic", ["upgrade", "head"], folder: alembic.folder)
                try #require(ran.exitCode == 0, "\(ran)")
                try await adoptAlembic(database)
            }
        }
    }

    private func adoptAlembic(_ database: TestDatabase) async throws {
        let before = try await database.psql(MigrateAdoptTests.fingerprint("alembic_version"))
        try await MigrationFixture.with(["1_c.sql": "-- migrate:up\nCREATE TABLE c (id int);\n"], on: database.url) {
            migrations in
            let done = try await migrations.run("adopt")
            #expect(done.exitCode == 0, "\(done)")
            #expect(try done.versions("changes") == ["alembic:20"])
            #expect(try done.data()["pending"] as? Int == 1 && done.data()["tool"] as? String == "alembic")
            #expect(try await migrations.run("up").versions("applied") == ["1"])
            #expect(try await migrations.run("status", "--exit-code").exitCode == 0)
            #expect(try await database.psql(MigrateAdoptTests.fingerprint("alembic_version")) == before)
        }
    }

    private static func revision(_ id: String, after parent: String, _ sql: String) -> String {
        let lines = sql.split(separator: "\n").map { "    op.execute(\"\($0)\")" }.joined(separator: "\n")
        return "from alembic import op\nrevision = '\(id)'\ndown_revision = \(parent)\n\ndef upgrade():\n\(lines)\n"
    }
}
