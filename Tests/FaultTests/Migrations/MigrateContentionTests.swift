import DBKit
import Foundation
import TestSupport
import Testing

/// Several deployers, other tools, a pooler, and readers that must not be made to wait.
@Suite struct MigrateContentionTests {
    private static let index = [
        "1_t.sql": "-- migrate:up\nCREATE TABLE t AS SELECT g AS a FROM generate_series(1, 200000) AS g;\n",
        "2_i.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n",
        "3_u.sql": "-- migrate:up\nCREATE TABLE u ();\n",
    ]

    @Test("M1: two deployers at once, one with CREATE INDEX CONCURRENTLY: one valid index, both are content")
    func twoDeployers() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(Self.index, on: database.url) { migrations in
                async let one = migrations.run("up")
                async let two = migrations.run("up")
                async let three = migrations.run("up")
                let outcomes = try await [one, two, three]
                #expect(outcomes.map(\.exitCode) == [0, 0, 0], "\(outcomes)")
                let applied = try outcomes.map { try $0.versions("applied").count }.sorted()
                #expect(applied == [0, 0, 3], "one of them did it all")
                let state = "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass"
                #expect(try await database.psql(state) == "1|t")
            }
        }
    }

    @Test("M2: who waits longer than --wait is told who is at it")
    func busy() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_slow.sql": "-- migrate:up\nSELECT pg_sleep(60);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let first = try await migrations.running("up") { first in
                    try await eventually("the first run sleeps") {
                        try await database.psql(Self.sleeping(database)) == "1"
                    }
                    let second = try await migrations.run("up", "--wait", "300ms")
                    #expect(second.exitCode == 75, "\(second)")
                    let holder = try await database.psql(
                        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    )
                    let worker = try await database.psql(
                        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()"
                    )
                    #expect(try second.message().contains("pid \(holder) (postgres, dbctl migrate up"), "\(second)")
                    #expect(
                        try second.detail().contains("Its statement, in pid \(worker): SELECT pg_sleep(60)"),
                        "\(second)")
                    let hint = try #require(try second.error()["hint"] as? String)
                    #expect(
                        hint.contains("`dbctl pool doctor`") && hint.contains("`dbctl pool kill --pid \(worker) --yes`")
                    )
                    try first.signal(SIGINT)
                }
                #expect(first.exitCode == 130, "\(first)")
            }
        }
    }

    static func sleeping(_ database: TestDatabase) -> String {
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()"
    }

    /// Each tool's history table, and the key of the lock that it takes.
    static let tools: [(table: String, key: String)] = [
        ("CREATE TABLE _prisma_migrations (id text)", "72707369"),
        ("CREATE SCHEMA sqitch; CREATE TABLE sqitch.changes (change_id text)", "75474063"),
        ("CREATE TABLE goose_db_version (id int)", "4097083626"),
    ]

    @Test("M2: another tool's lock keeps us out of transactions, and is not held around CONCURRENTLY", arguments: tools)
    func foreignLock(table: String, key: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(table)
            try await MigrationFixture.with(Self.index, on: database.url) { migrations in
                let holder = Task {
                    try await database.psql("SELECT pg_advisory_lock(\(key)); SELECT pg_sleep(3)")
                }
                try await eventually("the other tool has its lock") {
                    try await database.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                        != "0"
                }
                let refused = try await migrations.run("up", "--wait", "200ms")
                #expect(refused.exitCode == 75, "\(refused)")
                #expect(try await database.psql("SELECT to_regclass('t') IS NULL") == "t")
                _ = try await holder.value
                // A waiter in pg_advisory_lock() holds the snapshot that CONCURRENTLY waits for.
                let waiter = Task {
                    try await database.psql(
                        "DO $$ BEGIN FOR i IN 1..20 LOOP PERFORM pg_advisory_lock(\(key)); PERFORM pg_advisory_unlock(\(key)); PERFORM pg_sleep(0.01); END LOOP; END $$"
                    )
                }
                let outcome = try await migrations.run("up", "--wait", "30s")
                #expect(outcome.exitCode == 0, "\(outcome)")
                _ = try await waiter.value
            }
        }
    }

    @Test("M3: through pgbouncer in transaction mode runs exclude each other and leave nothing behind")
    func pooler() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql":
                    "-- migrate:up\nCREATE TABLE t (a int);\nSET search_path = pg_catalog;\nSELECT pg_advisory_lock(4711);\nSELECT pg_sleep(0.5);\n",
                "2_b.sql":
                    "-- migrate:up\nINSERT INTO t SELECT count(*) FROM t;\nSET SESSION statement_timeout = '7s';\n",
            ]
            try await PgBouncer.with(database.server, connections: 6) { pooler in
                try await MigrationFixture.with(files, on: pooler.url(database)) { migrations in
                    async let one = migrations.run("up")
                    async let two = migrations.run("up")
                    let outcomes = try await [one, two]
                    #expect(outcomes.map(\.exitCode) == [0, 0], "\(outcomes)")
                    #expect(try outcomes.map { try $0.versions("applied").count }.sorted() == [0, 2])
                    #expect(try await database.psql("SELECT count(*) FROM t") == "1")
                    let locks =
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = '\(database.name)')"
                    #expect(try await database.psql(locks) == "0")
                    let direct = try await Dbctl.run(
                        [
                            "migrate", "up", "--dir", migrations.folder, "--database-url", database.url, "--format",
                            "json",
                        ])
                    #expect(direct.exitCode == 0 && direct.stdout.contains("\"applied\":[]"), "\(direct)")
                    let schema = "\(migrations.folder)/schema.sql"
                    for arguments in [["dump"], ["up", "--dir", migrations.folder]] {
                        // The second has nothing to do but to write the file that is missing.
                        let outcome = try await Dbctl.run(
                            ["migrate"] + arguments + ["--database-url", migrations.url],
                            env: ["DBCTL_MIGRATE_DUMP": schema])
                        #expect(outcome.exitCode == (arguments == ["dump"] ? 78 : 0), "\(outcome)")
                        #expect((outcome.stdout + outcome.stderr).contains("direct_url"), "\(outcome)")
                    }
                    try migrations.write(
                        "3_c.sql", "-- migrate:up\nCREATE TABLE c ();\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n")
                    let refused = try await migrations.run("up")
                    #expect(refused.exitCode == 78, "\(refused)")
                    #expect(refused.stdout.contains("direct_url") && refused.stdout.contains("3_c.sql:3"))
                    #expect(try await database.psql("SELECT to_regclass('c') IS NULL") == "t")
                }
                for setting in ["search_path", "statement_timeout", "lock_timeout"] {
                    let found = try await Program.psql(pooler.url(database), "SHOW \(setting)", times: 6)
                    let own = try await database.psql("SHOW \(setting)")
                    #expect(Set(found) == [own], "\(setting) leaked to the pooler's next client")
                }
            }
        }
    }

    @Test("M3: the server connection that a run worked on goes back to the pooler as it was", arguments: [true, false])
    func poolerAlone(isHook: Bool) async throws {
        try await TestServer.withDatabase { database in
            let text = "SET SESSION lock_timeout = '9s';\nSELECT pg_advisory_lock(4712);\n"
            let files =
                isHook
                ? ["1_a.sql": "-- migrate:up\nCREATE TABLE a ();\n", "afterAll.sql": text]
                : ["1_a.sql": "-- migrate:up\n\(text)"]
            try await PgBouncer.with(database.server, connections: 6) { pooler in
                // One run alone: whatever takes a connection after it in a transaction and dies would clean it away.
                try await MigrationFixture.with(files, on: pooler.url(database)) { migrations in
                    let outcome = try await migrations.run("up")
                    #expect(try outcome.exitCode == 0 && outcome.versions("applied") == ["1"], "\(outcome)")
                }
                let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND database ="
                let own = "(SELECT oid FROM pg_database WHERE datname = '\(database.name)')"
                #expect(try await database.psql("\(locks) \(own)") == "0")
                let found = try await Program.psql(pooler.url(database), "SHOW lock_timeout", times: 6)
                #expect(Set(found) == ["0"])
            }
        }
    }

    /// Holds a lock on b until 1.5 s after somebody began to wait for it.
    private static let lateRelease = """
        BEGIN; SELECT count(*) FROM b;
        DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'b'::regclass AND NOT granted)
        LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
        SELECT pg_sleep(1.5); COMMIT
        """

    @Test("M5: readers behind waiting ALTERs stall for one lock timeout in all; the run ends with 75, nothing done")
    func readersStall() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE a (i int); CREATE TABLE b (i int); CREATE TABLE c (i int)")
            let alters = ["a", "b", "c"].map { "ALTER TABLE \($0) ADD COLUMN x int;\n" }.joined()
            try await MigrationFixture.with(["1_x.sql": "-- migrate:up\n\(alters)"], on: database.url) { migrations in
                let late = Task { try await database.psql(Self.lateRelease) }
                // A report that reads c, for longer than all tries.
                let report = Task {
                    try await database.psql("BEGIN; SELECT count(*) FROM c; SELECT pg_sleep(60); COMMIT")
                }
                try await eventually("both have their locks") {
                    try await database.psql(
                        "SELECT count(*) FROM pg_locks WHERE relation IN ('b'::regclass, 'c'::regclass) AND granted")
                        == "2"
                }
                let reader = Task {
                    var longest = Duration.zero
                    while !Task.isCancelled {
                        let begun = ContinuousClock.now
                        guard (try? await database.psql("SELECT count(*) FROM a")) != nil else { break }
                        longest = max(longest, ContinuousClock.now - begun)
                    }
                    return longest
                }
                let outcome = try await migrations.run("up", "--lock-timeout", "2s", "--retries", "0")
                // Whoever queued during the run is let through by now, or is at once.
                try await Task.sleep(for: .milliseconds(200))
                reader.cancel()
                #expect(outcome.exitCode == 75, "\(outcome)")
                #expect(try outcome.message().contains("statement 3 of 3"), "\(outcome)")
                #expect(try outcome.error()["sqlstate"] as? String == "55P03")
                let longest = await reader.value
                // 2.1 s by contract, plus psql's start on a busy machine; with a timeout of its own each ALTER would
                // have its wait, 3.5 s.
                #expect(longest > .milliseconds(1500), "no reader met the run")
                #expect(longest < .milliseconds(3000), "a reader stalled for \(longest)")
                let added = "SELECT count(*) FROM pg_attribute WHERE attname = 'x' AND attrelid = 'a'::regclass"
                #expect(try await database.psql(added) == "0")
                report.cancel()
                _ = try? await report.value
                _ = try await late.value
            }
        }
    }

    @Test(
        "M5: who kept every try from its lock is named, with its statement and what ends it",
        arguments: ["ALTER TABLE c ADD COLUMN x int", "VACUUM c"])
    func named(statement: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE c (i int)")
            try await MigrationFixture.with(["1_x.sql": "-- migrate:up\n\(statement);\n"], on: database.url) {
                migrations in
                let settings = SessionSettings(applicationName: "report")
                try await Connection.with(ConnectionParameters(url: database.url), settings: settings) { holder in
                    try await holder.run { session in
                        try session.execute("BEGIN")
                        try session.execute("LOCK TABLE public.c IN SHARE ROW EXCLUSIVE MODE")
                    }
                    let pid = await holder.backendPID
                    // Long enough to be looked at on a machine that has much else to do.
                    let refused = try await migrations.run("up", "--lock-timeout", "500ms", "--retries", "4")
                    #expect(refused.exitCode == 75, "\(refused)")
                    let detail = try refused.detail()
                    #expect(
                        detail.contains("in the way: pid \(pid) (postgres, report), transaction open for "),
                        "\(refused)")
                    #expect(
                        detail.contains("idle in transaction: LOCK TABLE public.c IN SHARE ROW EXCLUSIVE MODE"),
                        "\(refused)")
                    #expect(detail.contains("Nothing of 1 x was done."), "\(refused)")
                    let hint = try refused.error()["hint"] as? String
                    #expect(
                        hint?.hasPrefix("end what it waits for: `SELECT pg_terminate_backend(\(pid))`") == true,
                        "\(refused)")
                }
            }
        }
    }

    @Test("M5: a lock that is to be had at a later try is had; the whole transaction is run again")
    func retried() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE a (i int); CREATE TABLE c (i int)")
            let files = ["1_x.sql": "-- migrate:up\nINSERT INTO a VALUES (1);\nALTER TABLE c ADD COLUMN x int;\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let report = Task {
                    try await database.psql("BEGIN; SELECT count(*) FROM c; SELECT pg_sleep(2); COMMIT")
                }
                try await eventually("the report has its lock") {
                    try await database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'c'::regclass AND granted")
                        != "0"
                }
                let outcome = try await migrations.run("up", "--lock-timeout", "100ms", "--retries", "50")
                #expect(outcome.exitCode == 0, "\(outcome)")
                let entry = (try outcome.data()["applied"] as? [[String: Any]])?.first
                #expect(entry?["retries"] as? Int ?? 0 > 0, "\(outcome)")
                #expect(try await database.psql("SELECT count(*) FROM a") == "1")
                _ = try await report.value
            }
        }
    }
}
