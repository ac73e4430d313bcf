import Foundation
import TestSupport
import Testing

/// `dbctl migrate plan`, `up --dry-run`, and runs on several targets.
@Suite struct MigratePlanTests {
    private static let files = [
        "1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n",
        "2_b.sql": """
        -- migrate:up
        ALTER TABLE big ALTER COLUMN i TYPE bigint;
        CREATE INDEX CONCURRENTLY big_i ON big (i);
        ALTER TABLE big ADD COLUMN note text;
        """,
    ]

    @Test(
        "M9: the plan has locks, work, rows and boundaries of every statement, and writes nothing",
        arguments: ["plan", "up --dry-run"])
    func plan(verb: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE big AS SELECT g AS i FROM generate_series(1, 5000) AS g; ANALYZE big")
            // Even a role that may do nothing else can plan.
            let role = "\(database.name)_r"
            try await database.psql("CREATE ROLE \(role) LOGIN")
            let url = database.url.replacing("postgres@", with: "\(role)@")
            try await MigrationFixture.with(Self.files, on: url) { migrations in
                let outcome = try await migrations.run(verb)
                #expect(outcome.exitCode == 0, "\(outcome)")
                let items = try outcome.data()["migrations"] as? [[String: Any]] ?? []
                #expect(items.compactMap { $0["version"] as? String } == ["1", "2"])
                let segments = items.last?["segments"] as? [[String: Any]] ?? []
                #expect(segments.compactMap { $0["transaction"] as? Bool } == [true, false, true])
                #expect(segments.count > 1 && segments[1]["reason"] as? String == "CREATE INDEX CONCURRENTLY")
                let first = (segments.first?["statements"] as? [[String: Any]])?.first ?? [:]
                let lock = (first["locks"] as? [[String: Any]])?.first ?? [:]
                #expect(lock["mode"] as? String == "AccessExclusiveLock" && lock["relation"] as? String == "big")
                let work = (first["work"] as? [[String: Any]])?.first ?? [:]
                #expect(work["kind"] as? String == "rewrite" && work["rows"] as? Int == 5000, "\(work)")
                #expect(work["size_bytes"] as? Int ?? 0 > 100_000)
                #expect(first["line"] as? Int == 2 && first["file"] as? String == "2_b.sql")
                #expect(
                    try await database.psql("SELECT to_regnamespace('dbctl') IS NULL, to_regclass('a') IS NULL")
                        == "t|t")

                let human = try await Dbctl.run(
                    ["migrate"] + verb.split(separator: " ").map(String.init)
                        + ["--dir", migrations.folder, "--database-url", url])
                #expect(human.stdout.contains("ACCESS EXCLUSIVE on big; rewrites big (5000 rows"), "\(human)")
                #expect(human.stdout.contains("outside of a transaction (CREATE INDEX CONCURRENTLY)"))
            }
            try await database.psql("DROP ROLE \(role)")
        }
    }

    @Test("M9: the plan runs beside a run that is under way, and refuses what up would refuse")
    func refusals() async throws {
        try await TestServer.withDatabase { database in
            try await MigrationFixture.with(["3_c.sql": "-- migrate:up\nSELECT 1;\n"], on: database.url) { migrations in
                _ = try await migrations.run("up")
                try migrations.write("1_late.sql", "-- migrate:up\nSELECT 1;\n")
                #expect(try await migrations.run("plan").exitCode == 80)
                #expect(try await migrations.run("plan", "--allow-out-of-order").exitCode == 0)
                try migrations.write("3_c.sql", "-- migrate:up\nSELECT 2;\n")
                #expect(try await migrations.run("plan").exitCode == 65, "edited before late")
            }
        }
    }

    @Test(
        "M9: a dry run of down and redo shows what each statement locks, and writes nothing",
        arguments: ["down", "redo"])
    func undo(verb: String) async throws {
        try await TestServer.withDatabase { database in
            let text = "-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nDROP TABLE a;\n"
            try await MigrationFixture.with(["1_a.sql": text], on: database.url) { migrations in
                #expect(try await migrations.run("up").exitCode == 0)
                let dry = try await migrations.run(verb)
                #expect(try dry.exitCode == 0 && dry.isDryRun(), "\(dry)")
                let plan = try dry.data()["plan"] as? [[String: Any]] ?? []
                #expect(plan.compactMap { $0["direction"] as? String } == (verb == "down" ? ["down"] : ["down", "up"]))
                let human = try await Dbctl.run(migrations.arguments(verb))
                #expect(human.stdout.contains("undo 1 a"), "\(human)")
                #expect(human.stdout.contains("DROP TABLE a   1_a.sql:4\n      ACCESS EXCLUSIVE on a"), "\(human)")
                #expect(try await database.psql("SELECT to_regclass('a') IS NOT NULL") == "t")
            }
        }
    }

    @Test("the hook afterAll.sql is in the plan where up would run it, and only there")
    func afterAll() async throws {
        try await TestServer.withDatabase { database in
            let files = [
                "1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n", "afterAll.sql": "ALTER TABLE a ADD j int;\n",
            ]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                let hook = try await migrations.run("plan").data()["after_all"] as? [String: Any]
                let statement = (hook?["statements"] as? [[String: Any]])?.first ?? [:]
                #expect(statement["file"] as? String == "afterAll.sql" && statement["locks"] != nil, "\(statement)")
                let part = try await migrations.run("plan", "--to", "1")
                #expect(try part.exitCode == 0 && part.data()["after_all"] == nil, "\(part)")
                #expect(try await migrations.run("up").exitCode == 0)
                #expect(try await migrations.run("plan").data()["after_all"] == nil)
                try migrations.write("afterAll.sql", "ALTER TABLE nowhere ADD j int;\n")
                try migrations.write("2_b.sql", "-- migrate:up\nSELECT 1;\n")
                #expect(try await migrations.run("up").exitCode == 81)
                let owed = try await migrations.run("plan")
                #expect(try owed.data()["after_all"] != nil && owed.versions("migrations").isEmpty, "\(owed)")
            }
        }
    }

    @Test("M15: several targets have a result each, and a second run has to do with the failed one only")
    func targets() async throws {
        try await TestServer.withDatabase { one in
            try await TestServer.withDatabase { two in
                try await two.psql("CREATE TABLE a (i int)")
                let files = ["1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n"]
                try await MigrationFixture.with(files, on: one.url) { migrations in
                    try migrations.write(
                        "dbctl.yaml", "targets:\n  one: {url: \"\(one.url)\"}\n  two: {url: \"\(two.url)\"}\n")
                    let arguments = [
                        "migrate", "up", "--dir", migrations.folder, "--config", "\(migrations.folder)/dbctl.yaml",
                        "--all-targets", "--parallel", "2", "--format", "json",
                    ]
                    let first = try await Dbctl.run(arguments)
                    #expect(first.exitCode == 76, "\(first)")
                    #expect(try exits(first) == [0, 76])
                    try await two.psql("DROP TABLE a")
                    let second = try await Dbctl.run(arguments)
                    #expect(try second.exitCode == 0 && exits(second) == [0, 0], "\(second)")
                    #expect(try await one.psql("SELECT count(*) FROM dbctl.operations") == "1")
                    #expect(
                        try await two.psql("SELECT string_agg(outcome, ',' ORDER BY started_at) FROM dbctl.operations")
                            == "failed,succeeded")
                }
            }
        }
    }

    private func exits(_ outcome: DbctlOutcome) throws -> [Int] {
        (try outcome.json()["results"] as? [[String: Any]] ?? []).compactMap { $0["exit"] as? Int }
    }
}
