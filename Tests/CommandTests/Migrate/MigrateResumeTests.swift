import TestSupport
import Testing

/// Runs that go on after one that ended in the middle of a file, outside of a transaction.
@Suite struct MigrateResumeTests {
    /// What a run leaves in the history that dies while a statement is under way.
    private static let diedInFlight = "UPDATE dbctl.migrations SET in_flight = true WHERE resume_at IS NOT NULL"

    private static func code(_ outcome: DbctlOutcome) throws -> String {
        try outcome.error()["code"] as? String ?? ""
    }

    @Test(
        "what was done when its run died is not done again; what somebody else did is not taken for it",
        arguments: [
            ("CREATE INDEX CONCURRENTLY t_b ON t (b);", "ALTER TABLE t ADD b int; CREATE INDEX t_b ON t (b)"),
            ("DROP INDEX CONCURRENTLY t_b;", "SELECT 1"),
            ("ALTER TABLE p DETACH PARTITION t CONCURRENTLY;", "SELECT 1"),
        ])
    func done(statement: String, work: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE p (a int) PARTITION BY LIST (a)")
            let text = "-- migrate:up\nCREATE TABLE t (a int);\n\(statement)\nCREATE TABLE u ();\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try await database.psql(work)
                let foreign = try await migrations.run("up")
                #expect(foreign.exitCode == 81, "nobody had begun it: \(foreign)")
                try await database.psql(Self.diedInFlight)
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                #expect(try await database.psql("SELECT to_regclass('u') IS NOT NULL") == "t")
            }
        }
    }

    @Test("what the died run had begun says nothing of another statement that stands in its place now")
    func changed() async throws {
        try await TestServer.withDatabase { database in
            let text = "-- migrate:up\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY t_b ON t (b);\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try await database.psql("ALTER TABLE t ADD b int; CREATE INDEX t_b ON t (b)")
                try await database.psql(Self.diedInFlight)
                try migrations.write("1_a.sql", text.replacing("t (b)", with: "t (b, a)"))
                let next = try await migrations.run("up")
                #expect(next.exitCode == 81, "the index is another one: \(next)")
            }
        }
    }

    @Test("a DO that was under way is asked about, also when its text was changed since")
    func changedDo() async throws {
        try await TestServer.withDatabase { database in
            let text =
                "-- dbctl:no-transaction\n-- migrate:up\nCREATE TABLE t (a int);\nDO $$ BEGIN RAISE 'no'; END $$;\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try await database.psql(Self.diedInFlight)
                try migrations.write("1_a.sql", text.replacing("RAISE 'no'", with: "INSERT INTO t VALUES (1)"))
                let asked = try await migrations.run("up")
                #expect(try asked.exitCode == 81 && Self.code(asked) == "migrate.outcome_unknown", "\(asked)")
                #expect(try await database.psql("SELECT count(*) FROM t") == "0")
            }
        }
    }

    @Test("an index without a name: its INVALID leftover is removed; when there is none, a person is asked")
    func unnamed() async throws {
        try await TestServer.withDatabase { database in
            let text = "-- migrate:up\nCREATE TABLE t (a int);\nCREATE UNIQUE INDEX CONCURRENTLY ON t (b);\n"
            let files = ["1_a.sql": text]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try await database.psql("ALTER TABLE t ADD b int; INSERT INTO t VALUES (1, 1), (1, 1)")
                try await database.psql(Self.diedInFlight)
                for attempt in 1...2 {
                    let asked = try await migrations.run("up")
                    #expect(
                        try asked.exitCode == 81 && Self.code(asked) == "migrate.outcome_unknown",
                        "attempt \(attempt): \(asked)")
                }
                _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY ON t (b)")
                let indexes = "SELECT string_agg(indisvalid::text, ',') FROM pg_index WHERE indrelid = 't'::regclass"
                #expect(try await database.psql(indexes) == "false")
                try await database.psql("DELETE FROM t")
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                #expect(try await database.psql(indexes) == "true")
                try migrations.write("2_b.sql", "-- migrate:up\nCREATE INDEX CONCURRENTLY ON t (a);\n")
                let fresh = try await migrations.run("up")
                #expect(fresh.exitCode == 0, "nobody had begun this one: \(fresh)")
            }
        }
    }

    @Test("a detach that was interrupted is finished")
    func pendingDetach() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE c PARTITION OF p FOR VALUES IN (1)")
            let reader = Task { try await database.psql("BEGIN; SELECT * FROM p; SELECT pg_sleep(120)") }
            let others =
                "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            try await eventually("the table is read") {
                try await database.psql(
                    "SELECT count(*) \(others) AND query LIKE '%pg_sleep(120)%' AND state = 'active'")
                    == "1"
            }
            let detach = Task { try await database.psql("ALTER TABLE p DETACH PARTITION c CONCURRENTLY") }
            let pending =
                "SELECT string_agg(inhdetachpending::text, ',') FROM pg_inherits WHERE inhrelid = 'c'::regclass"
            try await eventually("the detach is pending") { try await database.psql(pending) == "true" }
            // It waits for the reader; first the detach is ended.
            try await database.psql("SELECT pg_terminate_backend(pid, 10000) \(others) AND query LIKE 'ALTER TABLE p%'")
            try await database.psql("SELECT pg_terminate_backend(pid, 10000) \(others)")
            _ = (try? await detach.value, try? await reader.value)
            #expect(try await database.psql(pending) == "true")
            let files = ["1_a.sql": "-- migrate:up\nALTER TABLE p DETACH PARTITION c CONCURRENTLY;\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(try await database.psql(pending) == "")
            }
        }
    }

    @Test("what an interrupted REINDEX CONCURRENTLY left is dropped before the next")
    func reindex() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int); CREATE INDEX t_a ON t (a); INSERT INTO t VALUES (1), (1)")
            _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY t_a_ccnew ON t (a)")
            let indexes =
                "SELECT string_agg(indexrelid::regclass::text, ',') FROM pg_index WHERE indrelid = 't'::regclass"
            #expect(try await database.psql(indexes) == "t_a,t_a_ccnew")
            let files = ["1_a.sql": "-- migrate:up\nREINDEX INDEX CONCURRENTLY t_a;\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.run("up")
                #expect(outcome.exitCode == 0, "\(outcome)")
                #expect(try await database.psql(indexes) == "t_a")
            }
        }
    }

    @Test("M6: an INVALID index that somebody is building is not debris")
    func beingBuilt() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (a int)")
            let writer = Task { try await database.psql("BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(30)") }
            try await eventually("the writer has its lock") {
                try await database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted")
                    != "0"
            }
            let build = Task { try await database.psql("CREATE INDEX CONCURRENTLY t_a ON t (a)") }
            let valid = "SELECT string_agg(indisvalid::text, ',') FROM pg_index WHERE indrelid = 't'::regclass"
            try await eventually("the index is begun") { try await database.psql(valid) == "false" }
            let files = ["1_a.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let refused = try await migrations.run("up", "--wait", "300ms")
                #expect(refused.exitCode == 75, "\(refused)")
                let pid = try await database.psql(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%'"
                )
                #expect(
                    try refused.message().contains("pid \(pid) (postgres, psql) is building public.t_a"), "\(refused)")
                let hint = try refused.error()["hint"] as? String
                #expect(hint?.contains("`dbctl pool kill --pid \(pid) --yes`") == true, "\(refused)")
                #expect(try await database.psql("SELECT count(*) FROM dbctl.migrations") == "0", "nothing was begun")
                try await database.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(30)%'"
                )
                _ = try? await writer.value
                _ = try await build.value
                #expect(try await database.psql(valid) == "true")
                let taken = try await migrations.run("up")
                #expect(taken.exitCode == 76, "the index is somebody else's: \(taken)")
            }
        }
    }

    @Test(
        "a block that committed before it failed is not run again, nor called undone",
        arguments: [
            ("", "DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; RAISE 'no'; END $$;"),
            ("CREATE TABLE u ();\n", "CALL p();"),
        ])
    func committed(before: String, statement: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE t (a int);
                CREATE PROCEDURE p() LANGUAGE plpgsql
                AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; RAISE lock_not_available; END $$
                """)
            let text = "-- dbctl:no-transaction\n-- migrate:up\n\(before)\(statement)\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                for run in ["the first", "the next"] {
                    let outcome = try await migrations.run("up", "--retries", "3")
                    #expect(outcome.exitCode == 81, "\(run): \(outcome)")
                    #expect(try Self.code(outcome) == "migrate.outcome_unknown", "\(outcome)")
                    #expect(!outcome.stdout.contains("Nothing of"), "\(outcome)")
                    #expect(try await database.psql("SELECT count(*) FROM t") == "1", "\(run)")
                }
                let repair = ["migrate", "repair", "--done", "1", "--database-url", database.url]
                #expect(try await Dbctl.run(repair).exitCode == 0)
                #expect(try await migrations.run("up").exitCode == 0)
            }
        }
    }

    @Test("a half done migration whose file is gone stops the run")
    func lostFile() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY t_b ON t (b);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try migrations.remove("1_a.sql")
                try migrations.write("2_b.sql", "-- migrate:up\nCREATE TABLE b ();\n")
                let refused = try await migrations.run("up")
                #expect(refused.exitCode == 65, "\(refused)")
                #expect(try refused.message().contains("its file is gone"), "\(refused)")
                #expect(try await database.psql("SELECT to_regclass('b') IS NULL") == "t")
            }
        }
    }

    @Test("M8: a file is late, too, when a later one is half applied")
    func late() async throws {
        try await TestServer.withDatabase { database in
            let files = ["5_p.sql": "-- dbctl:no-transaction\n-- migrate:up\nCREATE TABLE p (x int);\nSELECT 1 / 0;\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 81)
                try migrations.write("3_late.sql", "-- migrate:up\nCREATE TABLE l (x int);\n")
                for verb in ["up", "plan"] {
                    let refused = try await migrations.run(verb)
                    #expect(try refused.exitCode == 80 && refused.message().contains("3 late"), "\(refused)")
                }
                #expect(try await database.psql("SELECT to_regclass('l') IS NULL") == "t")
                _ = try await migrations.run("up", "--allow-out-of-order")
                #expect(try await database.psql("SELECT to_regclass('l') IS NOT NULL") == "t")
            }
        }
    }
}
