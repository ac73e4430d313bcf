import Foundation
import TestSupport
import Testing

/// Runs that are killed, whose sessions are killed, or whose server goes away.
@Suite struct MigrateKillTests {
    @Test("M4: after kill -9 in a transaction the next run goes on at once, and nothing is half applied")
    func killed() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql":
                    "-- migrate:up\nCREATE TABLE a ();\nCREATE TABLE b ();\nSELECT pg_sleep(60);\nCREATE TABLE c ();\n"
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let killed = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGKILL)
                }
                #expect(killed.exitCode == 137)
                try migrations.write("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\nCREATE TABLE b ();\n")
                let begun = ContinuousClock.now
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                // Three seconds for the mutex, three for the orphan; the rest is the machine's.
                #expect(ContinuousClock.now - begun < .seconds(20))
                #expect(try await database.psql(MigrateContentionTests.sleeping(database)) == "0")
                let runs = "SELECT string_agg(outcome, ',' ORDER BY started_at) FROM dbctl.operations"
                #expect(try await database.psql(runs) == "failed,succeeded")
            }
        }
    }

    @Test("M4: an orphaned statement outside of a transaction is over before the next run begins")
    func orphan() async throws {
        try await TestServer.withDatabase { database in
            // The server would go on with it after its client died: it does not look.
            try await database.psql("ALTER DATABASE \(database.name) SET client_connection_check_interval = 0")
            try await database.psql(
                "CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('client_connection_check_interval', '0', false); PERFORM pg_sleep(60); RETURN 1; END $$"
            )
            let files = [
                "1_a.sql":
                    "-- dbctl:no-transaction\n-- migrate:up\nCREATE TABLE a ();\nSELECT slow(), 'pg_sleep(60)';\nCREATE TABLE b ();\n"
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let killed = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGKILL)
                }
                #expect(killed.exitCode == 137)
                try migrations.write(
                    "1_a.sql",
                    "-- dbctl:no-transaction\n-- migrate:up\nCREATE TABLE a ();\nSELECT 1;\nCREATE TABLE b ();\n")
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                #expect(try await database.psql(MigrateContentionTests.sleeping(database)) == "0")
                #expect(next.stderr.contains("a statement of an interrupted run"), "\(next)")
            }
        }
    }

    @Test("M4: when its backend is killed the run says so, and the next one goes on")
    func backendKilled() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a ();\nSELECT pg_sleep(60);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let run = try await migrations.running("up") { _ in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try await database.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
                    )
                }
                #expect(run.exitCode != 0 && run.exitCode != 70, "\(run)")
                try migrations.write("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n")
                #expect(try await migrations.run("up").exitCode == 0)
            }
        }
    }

    @Test("a run whose mutex was lost begins nothing more")
    func lockLost() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": "-- migrate:up\nCREATE TABLE a ();\nSELECT pg_sleep(2), 'pg_sleep(60)';\n",
                "2_b.sql": "-- migrate:up\nCREATE TABLE b ();\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let run = try await migrations.running("up") { _ in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try await database.psql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """)
                }
                #expect(try run.exitCode == 81 && run.error()["code"] as? String == "lock.lost", "\(run)")
                #expect(try run.versions("applied") == ["1"])
                #expect(try await migrations.run("up").versions("applied") == ["2"])
            }
        }
    }

    @Test("a run whose mutex was lost undoes nothing more")
    func lockLostDown() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n",
                "2_b.sql":
                    "-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;\nSELECT pg_sleep(2), 'pg_sleep(60)';\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let run = try await migrations.running("down", ["--steps", "2", "--yes"]) { _ in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try await database.psql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """)
                }
                #expect(try run.exitCode == 81 && run.error()["code"] as? String == "lock.lost", "\(run)")
                #expect(try run.versions("undone") == ["2"])
                #expect(try await database.psql("SELECT to_regclass('a') IS NOT NULL") == "t")
            }
        }
    }

    @Test("a DO outside of a transaction that was stopped by SIGINT is asked about too: it may have committed")
    func interruptedDo() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int)")
            let text =
                "-- dbctl:no-transaction\n-- migrate:up\nDO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(60); END $$;\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                let stopped = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGINT)
                }
                #expect(stopped.exitCode == 130, "\(stopped)")
                try migrations.write("1_a.sql", text.replacing("PERFORM pg_sleep(60);", with: ""))
                let asked = try await migrations.run("up")
                #expect(
                    try asked.exitCode == 81 && asked.error()["code"] as? String == "migrate.outcome_unknown",
                    "\(asked)")
                #expect(try await database.psql("SELECT count(*) FROM t") == "1")
            }
        }
    }

    @Test("a row changed by a no-transaction file is changed once, wherever the run was killed")
    func noTransactionOnce() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE acct (bal int); INSERT INTO acct VALUES (100)")
            let text =
                "-- dbctl:no-transaction\n-- migrate:up\nUPDATE acct SET bal = bal * 2 WHERE pg_sleep(1) IS NOT NULL AND 'pg_sleep(60)' <> '';\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                _ = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGKILL)
                }
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                #expect(try await database.psql("SELECT bal FROM acct") == "200")
            }
        }
    }

    @Test(
        "what only a person can tell is asked: a killed DO outside of a transaction; repair takes the answer",
        arguments: ["--done", "--again"])
    func outcomeUnknown(answer: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (i int)")
            let text = """
                -- dbctl:no-transaction
                -- migrate:up
                DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(60); END $$;
                CREATE TABLE u ();
                """
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                _ = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGKILL)
                }
                let asked = try await migrations.run("up")
                #expect(
                    try asked.exitCode == 81 && asked.error()["code"] as? String == "migrate.outcome_unknown",
                    "\(asked)")
                #expect(try await database.psql("SELECT count(*) FROM t") == "1")
                let again = try await migrations.run("up")
                #expect(again.exitCode == 81, "it is asked until it is answered: \(again)")
                let repair = ["migrate", "repair", answer, "1", "--database-url", database.url]
                #expect(try await Dbctl.run(repair).exitCode == 0)
                if answer == "--again" {
                    try migrations.write("1_a.sql", text.replacing("PERFORM pg_sleep(60);", with: ""))
                }
                let done = try await migrations.run("up")
                #expect(done.exitCode == 0, "\(done)")
                #expect(
                    try await database.psql("SELECT count(*), to_regclass('u') IS NOT NULL FROM t")
                        == (answer == "--done" ? "1|t" : "2|t"))
            }
        }
    }

    @Test("M6: a killed CREATE INDEX CONCURRENTLY is built by the next run", arguments: [SIGKILL, SIGINT])
    func killedBuild(signal: Int32) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1000) AS g")
            let files = ["1_i.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\nCREATE TABLE u ();\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                // It waits for whoever has written to the table.
                let writer = Task {
                    try await database.psql("BEGIN; INSERT INTO t VALUES (0); SELECT pg_sleep(4); COMMIT")
                }
                try await eventually("the writer has its lock") {
                    try await database.psql(
                        "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted AND mode = 'RowExclusiveLock'"
                    ) != "0"
                }
                let killed = try await migrations.running("up") { run in
                    try await eventually("the index is begun") {
                        try await database.psql("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == "1"
                    }
                    try run.signal(signal)
                }
                #expect(killed.exitCode == (signal == SIGKILL ? 137 : 130), "\(killed)")
                _ = try await writer.value
                let next = try await migrations.run("up")
                #expect(next.exitCode == 0, "\(next)")
                let state =
                    "SELECT count(*), bool_and(indisvalid), to_regclass('u') IS NOT NULL FROM pg_index WHERE indrelid = 't'::regclass"
                #expect(try await database.psql(state) == "1|t|t")
            }
        }
    }

    @Test("SIGTERM ends a run within two seconds, with no session left and nothing done")
    func terminated() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a ();\nSELECT pg_sleep(60);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let run = try await migrations.running("up") { run in
                    try await eventually("the run sleeps") {
                        try await database.psql(MigrateContentionTests.sleeping(database)) == "1"
                    }
                    try run.signal(SIGTERM)
                }
                #expect(run.exitCode == 143, "\(run)")
                try await eventually("no session is left") {
                    try await database.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dbctl%'"
                    ) == "0"
                }
                #expect(try await database.psql("SELECT to_regclass('a') IS NULL") == "t")
            }
        }
    }
}
