import TestSupport
import Testing

/// What `dbctl migrate down` refuses to undo, and how it goes on.
@Suite struct MigrateDownTests {
    private static let text = """
        -- migrate:up
        CREATE TABLE b (i int);
        CREATE INDEX CONCURRENTLY bi ON b (i);
        -- migrate:down
        DROP INDEX CONCURRENTLY bi;
        DROP INDEX CONCURRENTLY nope;
        DROP TABLE b;
        """

    private static func halfUndone(_ body: (MigrationFixture, TestDatabase) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["1_a.sql": Self.text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await migrations.run("down", "--yes").exitCode == 81)
                try await body(migrations, database)
            }
        }
    }

    @Test("what of a half undone migration is undone already cannot be changed any more")
    func editedHalf() async throws {
        try await Self.halfUndone { migrations, database in
            let edited = Self.text.replacing("CONCURRENTLY bi;", with: "CONCURRENTLY IF EXISTS bi;")
            try migrations.write("1_a.sql", edited.replacing("DROP INDEX CONCURRENTLY nope", with: "SELECT 1"))
            let refused = try await migrations.run("down", "--yes")
            #expect(try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.edited", "\(refused)")
            #expect(try await database.psql("SELECT to_regclass('b') IS NOT NULL") == "t")
        }
    }

    @Test(
        "a statement that was under way when the run died may be done; another in its place is not",
        arguments: [("nope", 0), ("other", 81)] as [(String, Int32)])
    func inFlight(index: String, exitCode: Int32) async throws {
        try await Self.halfUndone { migrations, database in
            try await database.psql("UPDATE dbctl.migrations SET in_flight = true")
            try migrations.write("1_a.sql", Self.text.replacing("nope", with: index))
            let outcome = try await migrations.run("down", "--yes")
            #expect(outcome.exitCode == exitCode, "\(outcome)")
        }
    }

    @Test("a file that was edited since it was applied is not undone")
    func edited() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": MigrateUpTests.users]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                try migrations.write("1_a.sql", MigrateUpTests.users + "DROP TABLE IF EXISTS more;\n")
                let refused = try await migrations.run("down", "--yes")
                #expect(
                    try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.edited", "\(refused)")
                #expect(try await database.psql("SELECT to_regclass('users') IS NOT NULL") == "t")
            }
        }
    }

    @Test("a half applied migration is not undone")
    func halfApplied() async throws {
        try await TestServer.withDatabase { database in
            let text = Self.text.replacing("ON b (i)", with: "ON b (j)")
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                let refused = try await migrations.run("down", "--yes")
                #expect(refused.exitCode == 81, "\(refused)")
                #expect(try refused.message().contains("half applied"), "\(refused)")
            }
        }
    }

    @Test("when the server refuses its first statement, nothing of it was begun")
    func refusedFirst() async throws {
        try await TestServer.withDatabase { database in
            let text = Self.text.replacing("DROP INDEX CONCURRENTLY bi;\n", with: "")
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let refused = try await migrations.run("down", "--yes")
                #expect(refused.exitCode == 76, "\(refused)")
                #expect(
                    try await database.psql("SELECT state, resume_at IS NULL, in_flight FROM dbctl.migrations")
                        == "applied|t|f")
                #expect(try await migrations.run("up").exitCode == 0)
            }
        }
    }

    @Test("--to 0 undoes all; when one of several is refused, what is undone is 81 and stays undone")
    func all() async throws {
        try await TestServer.withDatabase { database in
            let text = "-- migrate:up\nCREATE TABLE NAME (i int);\n-- migrate:down\nDROP TABLE NAME;\n"
            let files = ["1_a.sql": text.replacing("NAME", with: "a"), "2_b.sql": text.replacing("NAME", with: "b")]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                try await database.psql("CREATE VIEW v AS SELECT i FROM a")
                let partly = try await migrations.run("down", "--to", "0", "--yes")
                #expect(try partly.exitCode == 81 && partly.versions("undone") == ["2"], "\(partly)")
                try await database.psql("DROP VIEW v")
                let rest = try await migrations.run("down", "--to", "0", "--yes")
                #expect(try rest.exitCode == 0 && rest.versions("undone") == ["1"], "\(rest)")
                #expect(try await migrations.run("down", "--to", "7").exitCode == 66)
            }
        }
    }

    @Test("status counts where a half undone migration goes on in its down section")
    func halfUndoneStatus() async throws {
        try await Self.halfUndone { migrations, _ in
            let status = try await Dbctl.run(migrations.arguments("status"))
            #expect(status.stdout.contains("goes on at statement 2 of its down section"), "\(status)")
        }
    }
}
