import Foundation
import TestSupport
import Testing

/// CREATE INDEX CONCURRENTLY that the server refuses: what it says, and what is left. M6.
@Suite struct MigrateIndexTests {
    private static let indexes =
        "SELECT count(*), coalesce(bool_and(indisvalid), true) FROM pg_index WHERE indrelid = 't'::regclass"

    @Test(
        "an index without a name that the server refuses leaves nothing behind, however often it is tried",
        arguments: [
            ("UNIQUE INDEX CONCURRENTLY ON t (k)", 65, "(0) 2 times", "k <> 0"),
            ("UNIQUE INDEX CONCURRENTLY ON t (k) WHERE k < 5", 65, "(0) 2 times", "k <> 0"),
            ("INDEX CONCURRENTLY ON t ((2 / k))", 76, "Nothing of 1 i was done.", "k <> 0"),
        ] as [(String, Int32, String, String)])
    func unnamed(index: String, exitCode: Int32, detail: String, good: String) async throws {
        try await TestServer.withDatabase { database in
            // One of somebody else's is not ours to drop.
            try await database.psql("CREATE TABLE t (k int, o int); INSERT INTO t VALUES (0, 1), (0, 1), (7, 2)")
            _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY t_o_idx ON t (o)")
            #expect(try await database.psql(Self.indexes) == "1|f")
            let files = ["1_i.sql": "-- migrate:up\nCREATE \(index);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                for attempt in 1...2 {
                    let refused = try await migrations.run("up")
                    #expect(refused.exitCode == exitCode, "attempt \(attempt): \(refused)")
                    #expect(try refused.detail().contains(detail), "\(refused)")
                    #expect(try await database.psql(Self.indexes) == "1|f", "attempt \(attempt)")
                }
                try await database.psql("DELETE FROM t WHERE NOT \(good)")
                let built = try await migrations.run("up")
                #expect(built.exitCode == 0, "\(built)")
                #expect(try await database.psql(Self.indexes + " AND indisvalid") == "1|t")
            }
        }
    }

    @Test("the query that finds all duplicates can be typed as it stands, and finds nothing else")
    func query() async throws {
        try await TestServer.withDatabase { database in
            let name = "we\"ird Name"
            try await database.psql(
                """
                CREATE TABLE "we""ird Name" ("Key" text, s text, n int);
                INSERT INTO "we""ird Name" VALUES ('A', 'on', 1), ('a', 'on', 1), ('B', 'off', 1), ('b', 'off', 1),
                    ('C', 'on', NULL), ('C', 'on', NULL)
                """)
            let quoted = "\"\(name.replacing("\"", with: "\"\""))\""
            let cases = [
                ("i ON \(quoted) (lower(\"Key\"), n) WHERE s IN ('on')", "a|1|2", "(a,1) 2 times"),
                ("ON \(quoted) (s) WHERE s = 'off' OR s = 'none'", "off|2", "(off) 2 times"),
                ("ON \(quoted) ((true)) WHERE n IS NULL", "t|2", "(t) 2 times"),
            ]
            for (definition, found, sample) in cases {
                let files = ["1_i.sql": "-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY \(definition);\n"]
                try await MigrationFixture.with(files, on: database.url) { migrations in
                    let refused = try await migrations.run("up")
                    #expect(try refused.exitCode == 65 && refused.detail().contains(sample), "\(refused)")
                    let hint = try #require(try refused.error()["hint"] as? String)
                    let query = try #require(hint.firstMatch(of: /find them all with (SELECT .*); mend them/)).output.1
                    #expect(try await database.psql(String(query)) == found, "\(query)")
                    #expect(hint.ranges(of: "run the same command again").count == 1, "\(hint)")
                }
            }
        }
    }

    @Test("a build that lost a deadlock is cleaned up before the next try, and succeeds then", arguments: ["", "t_k"])
    func deadlock(name: String) async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (k int)")
            let files = ["1_i.sql": "-- migrate:up\nCREATE INDEX CONCURRENTLY \(name) ON t (k);\n"]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                // It waits for this writer, which then waits for it and is patient: the build is the one to give way.
                let writer = Task {
                    try await database.psql(
                        """
                        SET deadlock_timeout = '100s';
                        BEGIN;
                        INSERT INTO t VALUES (1);
                        DO $$ BEGIN
                            WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND NOT granted
                                AND pid IN (SELECT pid FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareUpdateExclusiveLock'))
                            LOOP PERFORM pg_sleep(0.01); END LOOP;
                        END $$;
                        LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE;
                        COMMIT;
                        """)
                }
                try await eventually("somebody writes") {
                    try await database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass") != "0"
                }
                let built = try await migrations.run("up")
                _ = try await writer.value
                #expect(built.exitCode == 0, "\(built)")
                #expect(built.stderr.contains("deadlock"), "\(built)")
                #expect(try await database.psql(Self.indexes) == "1|t")
            }
        }
    }
}
