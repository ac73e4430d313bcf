import Foundation
import TestSupport
import Testing

/// What `dbctl migrate` refuses before it begins, and who is in its way.
@Suite struct MigrateRefusalTests {
    private static let file = ["1_a.sql": "-- migrate:up\nSELECT 1;\n"]

    @Test("who has locked the history is named, by status, plan and up", arguments: ["status", "plan", "up"])
    func lockedHistory(verb: String) async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(Self.file, on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let holder = Task { try await database.psql("BEGIN; LOCK dbctl.migrations; SELECT pg_sleep(120)") }
                let pid = "SELECT coalesce(max(pid), 0) FROM pg_locks WHERE relation = 'dbctl.migrations'::regclass"
                try await eventually("the history is locked") { try await database.psql(pid) != "0" }
                let who = try await database.psql(pid)
                let busy = try await migrations.run(verb, "--lock-timeout", "50ms")
                #expect(try busy.exitCode == 75 && busy.detail().contains("pid \(who) (postgres, psql)"), "\(busy)")
                #expect(try busy.message().contains("dbctl.migrations"), "\(busy)")
                try await database.psql("SELECT pg_terminate_backend(\(who))")
                _ = try? await holder.value
                #expect(try await migrations.run(verb).exitCode == 0)
            }
        }
    }

    @Test("a role without rights on the schema dbctl is told the SQL to run, whatever lies in it")
    func noRights() async throws {
        try await TestServer.withDatabase { database in
            let role = "\(database.name)_r"
            try await database.psql(
                "CREATE ROLE \(role) LOGIN; GRANT CREATE ON SCHEMA public TO \(role); CREATE TABLE t (a int)")
            let made = try await Dbctl.run(["index", "create", "t", "a", "--database-url", database.url])
            #expect(made.exitCode == 0, "\(made)")
            let url = database.url.replacing("postgres@", with: "\(role)@")
            try await MigrationFixture.with(Self.file, on: url) { migrations in
                #expect(try await migrations.run("status").exitCode == 0)
                let refused = try await migrations.run("up")
                let error = try refused.error()
                #expect(
                    refused.exitCode == 77 && error["code"] as? String == "migrate.history_not_writable", "\(refused)")
                #expect(
                    (error["hint"] as? String)?.contains("GRANT USAGE ON SCHEMA dbctl TO \(role)") == true, "\(error)")
            }
            try await database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("a backfill is refused before anything runs, and an applied one is let be")
    func backfill() async throws {
        try await TestServer.withDatabase { database in
            let text = "-- migrate:up\n-- dbctl:backfill table=t key=i batch=10\nUPDATE t SET i = i + 1;\n"
            try await database.psql("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                for verb in ["up", "plan"] {
                    let refused = try await migrations.run(verb)
                    #expect(try refused.exitCode == 65 && refused.message().hasPrefix("1_a.sql:2: "), "\(refused)")
                }
                #expect(try await database.psql("SELECT i FROM t") == "1")
                #expect(try await migrations.run("baseline 1").exitCode == 0)
                #expect(try await migrations.run("up").exitCode == 0)
            }
        }
    }

    @Test("COPY TO STDOUT is refused with a hint of its own")
    func hints() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(
                ["1_a.sql": "-- migrate:up\nCOPY (SELECT 1) TO STDOUT;\n"], on: database.url
            ) {
                migrations in
                let refused = try await migrations.run("up")
                let hint = try refused.error()["hint"] as? String ?? ""
                #expect(refused.exitCode == 65 && !hint.contains("COMMIT"), "\(refused)")
            }
        }
    }

    @Test("a run that is told to end says nothing empty")
    func interrupted() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_a.sql": "-- migrate:up\nSELECT pg_sleep(60);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let outcome = try await migrations.running("up") { run in
                    try await eventually("it sleeps") {
                        try await database.psql(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()"
                        ) == "1"
                    }
                    try run.signal(SIGINT)
                }
                #expect(outcome.exitCode == 130, "\(outcome)")
                #expect(try outcome.error()["detail"] as? String != "", "\(outcome)")
            }
        }
    }
}
