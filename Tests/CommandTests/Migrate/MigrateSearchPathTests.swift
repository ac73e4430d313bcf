import Foundation
import TestSupport
import Testing

/// `?schema=app` in the URL: the `search_path` of the migrations, and of nothing else.
@Suite struct MigrateSearchPathTests {
    private static let files = [
        "1_a.sql": "-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nDROP TABLE a;\n",
        // Its settings are taken back before the next.
        "2_b.sql":
            "-- migrate:up\nSET search_path = other;\nCREATE TABLE b (i int);\n-- migrate:down\nDROP TABLE other.b;\n",
        "3_c.sql": "-- migrate:up\nCREATE TABLE c (i int);\n-- migrate:down\nDROP TABLE c;\n",
    ]
    private static let places = """
        SELECT string_agg(relnamespace::regnamespace || '.' || relname, ',' ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relname IN ('a', 'b', 'c')
        """

    private func check(_ database: TestDatabase, through url: String, _ query: String) async throws {
        try await database.psql("CREATE SCHEMA \"App\"; CREATE SCHEMA other")
        try await MigrationFixture.with(Self.files, on: "\(url)?\(query)") { migrations in
            let up = try await migrations.run("up")
            #expect(try up.exitCode == 0 && up.versions("applied") == ["1", "2", "3"], "\(up)")
            #expect(up.stderr.contains("the search_path of the migrations"), "\(up)")
            #expect(try await database.psql(Self.places) == "\"App\".a,other.b,\"App\".c")
            let down = try await migrations.run("down", "--steps", "3", "--yes")
            #expect(down.exitCode == 0, "\(down)")
            #expect(try await database.psql(Self.places).isEmpty)
        }
    }

    @Test(
        "what has no schema of its own lands in the URL's", arguments: ["schema=App", "search_path=%22App%22,public"])
    func direct(query: String) async throws {
        try await TestServer.withDatabase { database in
            try await check(database, through: database.url, query)
        }
    }

    @Test("so it does through a pooler, whose next client has its own search_path")
    func pooled() async throws {
        try await TestServer.withDatabase { database in
            try await PgBouncer.with(database.server, connections: 4) { pooler in
                try await check(database, through: pooler.url(database), "schema=App")
                let next = try await Program.psql(pooler.url(database), "SHOW search_path", times: 8)
                #expect(Set(next) == ["\"$user\", public"])
            }
        }
    }

    @Test("an index built outside of a transaction finds its table there, and plan knows it")
    func alone() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE SCHEMA app; CREATE TABLE app.t (i int)")
            let files = ["1_a.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY t_i ON t (i);\n"]
            try await MigrationFixture.with(files, on: database.url + "?schema=app") { migrations in
                let plan = try await migrations.run("plan")
                #expect(plan.exitCode == 0 && plan.stdout.contains("app.t"), "\(plan)")
                let up = try await migrations.run("up")
                #expect(up.exitCode == 0, "\(up)")
                #expect(try await database.psql("SELECT to_regclass('app.t_i') IS NOT NULL") == "t")
            }
        }
    }

    @Test("the target's schema holds past the pooler as well, unless direct_url has its own")
    func targets() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE SCHEMA app; CREATE SCHEMA own")
            for (direct, schema, name) in [("", "app", "a"), ("?schema=own", "own", "b")] {
                let files = [
                    "m/1_\(name).sql": "-- migrate:up\nCREATE TABLE \(name) (i int);\n",
                    "dbctl.yaml":
                        "targets:\n  t: {url: \"\(database.url)?schema=app\", direct_url: \"\(database.url)\(direct)\"}\n",
                ]
                try await MigrationFixture.with(files, on: "") { place in
                    let outcome = try await Dbctl.run([
                        "migrate", "up", "--dir", "\(place.folder)/m", "--config", "\(place.folder)/dbctl.yaml",
                        "--target", "t",
                    ])
                    #expect(outcome.exitCode == 0, "\(outcome)")
                    #expect(outcome.stderr.contains("schema=\(schema): the search_path"), "\(outcome)")
                    let found = "SELECT to_regclass('\(schema).\(name)') IS NOT NULL"
                    #expect(try await database.psql(found) == "t")
                }
                try await database.psql("DROP SCHEMA dbctl CASCADE")
            }
        }
    }
}
