import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/failed-migration.md`, read and run: each of its blocks mends the situation that it is for.
@Suite struct FailedMigrationRunbookTests {
    /// A section of the runbook on a database with migrations; its blocks are run one by one.
    private struct Section {
        let database: TestDatabase
        let migrations: MigrationFixture
        let blocks: [Runbook.Block]

        /// - Parameter replaced: what stands for a person's own values in the runbook, and the test's.
        @discardableResult func run(
            _ place: Int, _ replaced: (String, String)..., location: SourceLocation = #_sourceLocation
        ) async throws -> Program.Outcome {
            let block = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location)
            var script = block.script
            for (old, new) in replaced {
                #expect(script.contains(old), sourceLocation: location)
                script = script.replacing(old, with: new)
            }
            let outcome = try await Runbook.run(
                "export DIR='\(migrations.folder)' DATABASE_URL='\(database.url)'\n\(script)",
                programs: database.server.binaries.folder, folder: migrations.folder)
            #expect(
                outcome.exitCode == 0, "\(block.script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location
            )
            return outcome
        }
    }

    private static func section(
        _ heading: String, _ files: [String: String], _ body: (Section) async throws -> Void
    ) async throws {
        let blocks = try Runbook.blocks(of: "failed-migration.md").filter { $0.heading == heading }
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(files, on: database.url) { migrations in
                try await body(Section(database: database, migrations: migrations, blocks: blocks))
            }
        }
    }

    private static let table = "-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\nDROP TABLE t;\n"
    private static let version = "20260101000000"

    @Test("each section with commands is run here, with as many blocks as it has")
    func complete() throws {
        let blocks = try Runbook.blocks(of: "failed-migration.md")
        let counts = Dictionary(blocks.map { ($0.heading, 1) }, uniquingKeysWith: +)
        #expect(
            counts == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 1, "Another run is at it": 2, "The table is busy": 3,
                "The server refused a statement": 2, "An applied file was edited": 1,
                "Duplicate keys under a unique index": 1, "A late version": 1, "Half done": 3, "The run died": 2,
                "An INVALID index": 3, "Back to before": 1, "How to know that it is over": 1,
            ])
    }

    @Test("the verdict shows what is half done and which run failed; at the end everything says that it is over")
    func verdict() async throws {
        let files = ["1_a.sql": Self.table, "2_b.sql": "-- migrate:up\nSELECT 1/0;\n"]
        try await Self.section("Symptom and verdict", files) { section in
            #expect(try await section.migrations.run("up").exitCode == 81, "the first one is applied")
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("1 applied, 1 pending") && shown.stdout.contains("migrate up"), "\(shown)")
        }
        try await Self.section("How to know that it is over", ["1_a.sql": Self.table]) { section in
            let shown = try await section.run(0)
            #expect(shown.stdout.hasSuffix("\n0\n"), "no INVALID index: \(shown)")
        }
    }

    @Test("another run is shown, and waited for")
    func another() async throws {
        let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a ();\nSELECT pg_sleep(60);\n"]
        try await Self.section("Another run is at it", files) { section in
            let migrations = section.migrations
            let first = try await migrations.running("up") { run in
                try await eventually("the run sleeps") {
                    try await section.database.psql(MigrateContentionTests.sleeping(section.database)) == "1"
                }
                #expect(try await migrations.run("up", "--wait", "0s").exitCode == 75)
                let shown = try await section.run(0)
                #expect(shown.stdout.contains("pg_sleep(60)") && shown.stdout.contains("active"), "\(shown)")
                try run.signal(SIGTERM)
                try migrations.write("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n")
                try await section.run(1)
            }
            #expect(first.exitCode == 143, "\(first)")
            #expect(try await section.database.psql("SELECT count(*) FROM dbctl.migrations") == "1")
        }
    }

    @Test("who holds the table is found and ended, and the migration goes through")
    func busyTable() async throws {
        let files = ["1_a.sql": "-- migrate:up\nALTER TABLE t ADD COLUMN b int;\n"]
        try await Self.section("The table is busy", files) { section in
            let database = section.database
            try await database.psql("CREATE TABLE t (a int)")
            let holder = Task { try await database.psql("BEGIN; SELECT * FROM t; SELECT pg_sleep(120)") }
            let pids = "SELECT string_agg(pid::text, ',') FROM pg_locks WHERE relation = 't'::regclass AND granted"
            try await eventually("the table is held") { try await database.psql(pids) != "" }
            let pid = try await database.psql(pids)
            let refused = try await section.migrations.run("up", "--lock-timeout", "100ms", "--retries", "0")
            #expect(try refused.exitCode == 75 && refused.error()["code"] as? String == "lock.timeout", "\(refused)")
            let shown = try await section.run(0)
            #expect(shown.stdout.contains(pid) && shown.stdout.contains("pg_sleep(120)"), "\(shown)")
            try await section.run(1, ("12345", pid))
            await #expect(throws: (any Error).self, "its session was ended") { try await holder.value }
            #expect(try await database.psql("SELECT count(b) FROM t") == "0")
            try section.migrations.write("2_b.sql", "-- migrate:up\nALTER TABLE t ADD COLUMN c int;\n")
            try await section.run(2)
            #expect(try await database.psql("SELECT count(c) FROM t") == "0")
        }
    }

    @Test("a statement that was refused is mended, or left for another day")
    func refused() async throws {
        let files = [
            "\(Self.version)_a.sql": Self.table,
            "20260102000000_b.sql": "-- migrate:up\nALTER TABLE u ADD COLUMN b int;\n",
        ]
        try await Self.section("The server refused a statement", files) { section in
            try await section.run(1)
            let refused = try await section.migrations.run("up")
            #expect(try refused.exitCode == 76 && refused.error()["code"] as? String == "sql.undefined", "\(refused)")
            try section.migrations.write("20260102000000_b.sql", "-- migrate:up\nALTER TABLE t ADD COLUMN b int;\n")
            try await section.run(0)
            #expect(try await section.database.psql("SELECT count(b) FROM t") == "0")
        }
    }

    @Test("an edit that is right is accepted, and the deploy goes on")
    func edited() async throws {
        let files = ["\(Self.version)_a.sql": Self.table]
        try await Self.section("An applied file was edited", files) { section in
            #expect(try await section.migrations.run("up").exitCode == 0)
            try section.migrations.write("\(Self.version)_a.sql", Self.table + "-- a remark\n")
            try section.migrations.write("20260102000000_b.sql", "-- migrate:up\nCREATE TABLE b ();\n")
            #expect(try await section.migrations.run("up").exitCode == 65)
            try await section.run(0)
            #expect(try await section.database.psql("SELECT count(*) FROM dbctl.migrations") == "2")
        }
    }

    @Test("duplicates are shown, and once they are gone the index is built")
    func duplicates() async throws {
        let files = ["1_i.sql": "-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\n"]
        try await Self.section("Duplicate keys under a unique index", files) { section in
            try await section.database.psql("CREATE TABLE t AS SELECT 1 AS a FROM generate_series(1, 2)")
            let refused = try await section.migrations.run("up")
            #expect(
                try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.duplicates", "\(refused)")
            try await section.database.psql("DELETE FROM t")
            try await section.run(0)
            #expect(
                try await section.database.psql("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == "t"
            )
        }
    }

    @Test("a late version is applied when somebody says so")
    func late() async throws {
        try await Self.section("A late version", ["2_b.sql": Self.table]) { section in
            #expect(try await section.migrations.run("up").exitCode == 0)
            try section.migrations.write("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n")
            #expect(try await section.migrations.run("up").exitCode == 80)
            try await section.run(0)
            #expect(try await section.database.psql("SELECT to_regclass('a') IS NOT NULL") == "t")
        }
    }

    @Test("what is half done goes on at its statement, or is given up")
    func halfDone() async throws {
        let name = "\(Self.version)_t.sql"
        let text =
            "-- migrate:up\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY t_a ON t (b);\nCREATE TABLE u ();\n"
        try await Self.section("Half done", [name: text]) { section in
            #expect(try await section.migrations.run("up").exitCode == 81)
            try section.migrations.write(name, text.replacing("(b)", with: "(a)"))
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("goes on at statement 2 of 3"), "\(shown)")
            #expect(try await section.database.psql("SELECT to_regclass('u') IS NOT NULL") == "t")
        }
        try await Self.section("Half done", [name: text]) { section in
            #expect(try await section.migrations.run("up").exitCode == 81)
            let asked = try await section.run(1)
            #expect(asked.stdout.contains("goes on at statement 3"), "\(asked)")
            #expect(asked.stdout.contains("goes on at statement 2"), "\(asked)")
            try await section.database.psql("DROP TABLE t")
            try await section.run(2)
            try section.migrations.write(name, text.replacing("(b)", with: "(a)"))
            #expect(try await section.migrations.run("up").exitCode == 0)
        }
    }

    @Test("an orphaned statement is seen, and over before the next run begins", arguments: [0, 1])
    func died(block: Int) async throws {
        let directive = "-- dbctl:no-transaction\n-- migrate:up\n"
        try await Self.section("The run died", ["1_a.sql": "\(directive)SELECT slow(), 'pg_sleep(60)';\n"]) { section in
            let database = section.database
            // The server would go on with it after its client died: it does not look.
            try await database.psql(
                "CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('client_connection_check_interval', '0', false); PERFORM pg_sleep(60); RETURN 1; END $$"
            )
            let sleeping = MigrateContentionTests.sleeping(database)
            let killed = try await section.migrations.running("up") { run in
                try await eventually("the run sleeps") { try await database.psql(sleeping) == "1" }
                try run.signal(SIGKILL)
            }
            #expect(killed.exitCode == 137)
            #expect(try await database.psql(sleeping) == "1", "it goes on without its client")
            try section.migrations.write("1_a.sql", "\(directive)SELECT 1;\n")
            let shown = try await section.run(block)
            #expect(block == 1 || shown.stdout.contains("pg_sleep(60)"), "\(shown)")
            #expect(try await database.psql(sleeping) == "0")
        }
    }

    @Test("an INVALID index of a migration is dropped by repair, anybody else's by hand")
    func invalidIndex() async throws {
        let files = [
            "1_i.sql":
                "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\nCREATE INDEX CONCURRENTLY t_b ON t (b);\n"
        ]
        try await Self.section("An INVALID index", files) { section in
            let database = section.database
            try await database.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
            // Column b is missing: the migration is half done, and speaks of both indexes.
            #expect(try await section.migrations.run("up").exitCode == 81)
            try await database.psql("ALTER TABLE t ADD COLUMN b int")
            for name in ["t_b", "prices_date"] {
                _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY \(name) ON t (a)")
            }
            let invalid =
                "SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE NOT indisvalid"
            #expect(try await database.psql(invalid) == "prices_date,t_b")
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("t_b") && shown.stdout.contains("prices_date"), "\(shown)")
            try await section.run(1)
            #expect(try await database.psql(invalid) == "prices_date")
            try await section.run(2)
            #expect(try await database.psql(invalid) == "")
        }
    }

    @Test("the last migration is undone, after its name was shown")
    func undone() async throws {
        try await Self.section("Back to before", ["1_a.sql": Self.table]) { section in
            #expect(try await section.migrations.run("up").exitCode == 0)
            try await section.run(0)
            #expect(try await section.database.psql("SELECT to_regclass('t') IS NULL") == "t")
        }
    }
}
