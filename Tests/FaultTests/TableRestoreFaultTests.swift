import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// One table, stopped or killed half-way into a live database: it is as it was before, and nothing else is there.
@Suite struct TableRestoreFaultTests {
    /// A set of a table whose index takes for ever to build, since its function was replaced.
    private static func withSlowTable(
        _ body: (Sandbox, _ arguments: [String]) async throws -> Void
    ) async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                let url = "postgresql://postgres@127.0.0.1:\(server.port)/postgres"
                try await server.psql(
                    """
                    CREATE FUNCTION slow(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
                    CREATE TABLE other (id integer PRIMARY KEY);
                    INSERT INTO other VALUES (1);
                    CREATE TABLE t (id serial PRIMARY KEY, other integer DEFAULT 1 REFERENCES other);
                    INSERT INTO t SELECT FROM generate_series(1, 100);
                    CREATE INDEX ON t (public.slow(id));
                    """)
                let made = try await Dbctl.run(["backup", "create", "--database-url", url, "--repo", folder])
                try #require(made.exitCode == 0, "\(made)")
                try await server.psql(
                    """
                    CREATE OR REPLACE FUNCTION slow(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
                        $$ BEGIN PERFORM pg_sleep(100000); RETURN 1; END $$
                    """)
                try await body(
                    server,
                    [
                        "restore", "--latest", "--repo", folder, "--database-url", url, "--into", "postgres",
                        "--table", "public.t",
                    ])
            }
        }
    }

    private static func untilItBuilds(_ server: Sandbox) async throws {
        try await eventually("the restore builds its index") {
            try await server.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event = 'PgSleep'")
                == "1"
        }
    }

    private static let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%'"
    private static let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname ^@ 'dbctl'"

    @Test(
        "a table that is replaced stays as it was, and others can be written meanwhile",
        arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGKILL, 137)] as [(Int32, Int32)])
    func replaced(signal: Int32, code: Int32) async throws {
        try await Self.withSlowTable { server, arguments in
            try await server.psql("DELETE FROM t WHERE id > 3")
            let outcome = try await Dbctl.withRunning(arguments + ["--clean", "--yes"]) { running in
                try await Self.untilItBuilds(server)
                // Nobody waits behind a restore that is under way.
                try await server.psql("SET lock_timeout = '1s'; UPDATE t SET other = 1; INSERT INTO other VALUES (2)")
                try running.signal(signal)
            }
            #expect(outcome.exitCode == code, "\(outcome)")
            try await eventually("all sessions end") { try await server.psql(Self.sessions) == "0" }
            #expect(try await server.psql("SELECT count(*) FROM t") == "3")
            #expect(try await server.psql(Self.schemas) == "0")
        }
    }

    @Test(
        "a lost table stays lost until all of it is back; the same command then brings it",
        arguments: [SIGTERM, SIGKILL])
    func absent(signal: Int32) async throws {
        try await Self.withSlowTable { server, arguments in
            try await server.psql("DROP TABLE t")
            _ = try await Dbctl.withRunning(arguments) { running in
                try await Self.untilItBuilds(server)
                #expect(try await server.psql("SELECT to_regclass('t') IS NULL") == "t")
                try running.signal(signal)
            }
            try await eventually("all sessions end") { try await server.psql(Self.sessions) == "0" }
            #expect(try await server.psql("SELECT to_regclass('t') IS NULL") == "t")
            try await server.psql(
                "CREATE OR REPLACE FUNCTION slow(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'")
            let again = try await Dbctl.run(arguments)
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await server.psql("SELECT count(*), nextval('t_id_seq') FROM t") == "100|101")
        }
    }

    @Test("a server that crashes under a restore: 69, and the table is as it was")
    func crash() async throws {
        try await Self.withSlowTable { server, arguments in
            try await server.psql("DELETE FROM t WHERE id > 3")
            let outcome = try await Dbctl.withRunning(arguments + ["--clean", "--yes"]) { _ in
                try await Self.untilItBuilds(server)
                let pid = try await server.psql(
                    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event = 'PgSleep'")
                kill(try #require(Int32(pid)), SIGKILL)
            }
            #expect(outcome.exitCode == 69, "\(outcome)")
            try await eventually("the server recovers") { (try? await server.psql("SELECT 1")) == "1" }
            #expect(try await server.psql("SELECT count(*) FROM t") == "3")
            #expect(try await server.psql(Self.schemas) == "0")
        }
    }
}
