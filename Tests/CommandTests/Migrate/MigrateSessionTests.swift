import TestSupport
import Testing

/// The timeouts and settings with which the statements of a file run, and that they end with it.
@Suite struct MigrateSessionTests {
    private static let seen = "current_setting('lock_timeout') || ' ' || current_setting('statement_timeout')"
    private static let directives = "-- dbctl:lock-timeout 7s\n-- dbctl:statement-timeout 1h\n"

    @Test("a file's own timeouts hold for its statements in and outside of transactions, and for no other file")
    func timeouts() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE seen (place int, timeouts text);
                CREATE PROCEDURE see(place int) LANGUAGE sql AS $$ INSERT INTO seen VALUES (place, \(Self.seen)) $$
                """)
            let files = [
                "1_a.sql": "\(Self.directives)-- migrate:up\nINSERT INTO seen VALUES (1, \(Self.seen));\n",
                "2_b.sql": "\(Self.directives)-- dbctl:no-transaction\n-- migrate:up\nCALL see(2);\n",
                "3_c.sql":
                    "-- migrate:up\nCREATE INDEX CONCURRENTLY i ON seen (place);\nINSERT INTO seen VALUES (3, \(Self.seen));\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(
                    try await database.psql("SELECT string_agg(timeouts, ',' ORDER BY place) FROM seen")
                        == "7s 1h,7s 1h,2s 0")
            }
        }
    }

    @Test("CREATE INDEX CONCURRENTLY stalls nobody, and waits without a lock timeout")
    func patience() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int)")
            let writer = Task { try await database.psql("BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(60)") }
            try await eventually("the writer has its lock") {
                try await database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted")
                    != "0"
            }
            let files = ["1_a.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let arguments = ["--lock-timeout", "100ms", "--retries", "0"]
                let outcome = try await migrations.running("up", arguments) { _ in
                    try await eventually("the build has waited for longer than the lock timeout") {
                        try await database.psql(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '1 s'"
                        ) == "1"
                    }
                    try await database.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(60)%'"
                    )
                }
                _ = try? await writer.value
                #expect(outcome.exitCode == 0, "\(outcome)")
            }
        }
    }

    @Test("settings replayed for a statement outside of a transaction end with its file")
    func replayed() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE SCHEMA app; CREATE TABLE app.t (a int)")
            let files = [
                "1_a.sql": "-- migrate:up\nSET search_path = app;\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n",
                "2_b.sql": "-- migrate:up\nCREATE TABLE b ();\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(try await database.psql("SELECT to_regclass('public.b') IS NOT NULL") == "t")
            }
        }
    }

    @Test("what the hook before each leaves in its session is gone, also in front of a statement that stands alone")
    func hookAlone() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int)")
            let files = [
                "beforeEach.sql": "CREATE TEMP TABLE mark ();\n",
                "1_a.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n",
                "2_b.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_b ON t (a);\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
            }
        }
    }

    @Test("M13: the hook after all is for a run that applies all")
    func limited() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": "-- migrate:up\nCREATE TABLE log (i int);\n", "2_b.sql": "-- migrate:up\nSELECT 1;\n",
                "afterAll.sql": "INSERT INTO log VALUES (1);\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let first = try await migrations.run("up", "--to", "1")
                #expect(first.exitCode == 0, "\(first)")
                #expect(try await database.psql("SELECT count(*) FROM log") == "0")
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await database.psql("SELECT count(*) FROM log") == "1")
            }
        }
    }

    @Test("a DO that commits by itself is told what it needs")
    func ownTransactions() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nDO $$ BEGIN COMMIT; END $$;\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let refused = try await migrations.run("up")
                let error = try refused.error()
                #expect(refused.exitCode == 76 && error["sqlstate"] as? String == "2D000", "\(refused)")
                #expect((error["hint"] as? String ?? "").contains("-- dbctl:no-transaction"), "\(refused)")
            }
        }
    }
}
