import DBKit
import Foundation
import TestSupport
import Testing

/// Functions that find names by the search_path of their database, called by what a restore makes (B11).
@Suite("Functions that lean on a search_path") struct SearchPathTests {
    /// From 17 on a server uses no path while it builds an index or computes a view, in the source as in the target.
    private static func definitions(_ major: Int) -> String {
        """
        CREATE SCHEMA helper;
        CREATE FUNCTION helper.low(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.lower($1)';
        SET search_path = public, helper;
        CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN low($1); END';
        CREATE FUNCTION g(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN f($1); END';
        CREATE TABLE t (a text CHECK (f(a) <> ''), b text GENERATED ALWAYS AS (g(a)) STORED);
        INSERT INTO t VALUES ('X'), ('Y');

        """
            + (major > 16
                ? ""
                : """
                CREATE INDEX t_f ON t (f(a));
                CREATE TABLE e (a text, EXCLUDE (g(a) WITH =)); INSERT INTO e VALUES ('X');
                CREATE MATERIALIZED VIEW v AS SELECT f(a) FROM t;
                """)
    }

    private static func look(_ database: TestDatabase, _ name: String? = nil) async throws -> String {
        try await database.server.psql(
            """
            SELECT (SELECT string_agg(b, ',' ORDER BY b) FROM t),
                (SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid),
                (SELECT string_agg(relname || relispopulated, ',' ORDER BY relname) FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace)
            """, database: name ?? database.name)
    }

    @Test(
        "come back with indexes, checks, generated columns, exclusions and views: in a new database, alone, and in a drill",
        arguments: TestServer.majors)
    func everything(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(Self.definitions(major))
            try await database.psql("ALTER DATABASE \(database.name) SET search_path = public, helper")
            let before = try await Self.look(database)
            #expect(before.hasPrefix("x,y"))
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url, tools: database.server.binaries.folder)
                let set = try SetCatalog.resolve(made.folder, in: nil)
                var request = RestoreRequest(source: made.folder, into: "\(database.name)_copy")
                request.creates = true
                let server = ConnectionParameters(url: database.url)
                let result = try await DatabaseRestore(request, on: server, run: .make())()
                #expect(result.warnings == [])
                #expect(try await Self.look(database, request.into) == before)
                try await database.server.psql("DROP DATABASE \(request.into)")

                try await database.psql("DROP TABLE t CASCADE")
                var table = RestoreRequest(source: made.folder, into: database.name)
                table.tables = [TableName(schema: "public", name: "t")]
                #expect(try await DatabaseRestore(table, on: server, run: .make())().rows == 2)
                #expect(try await database.psql("SELECT string_agg(b, ',' ORDER BY b) FROM t") == "x,y")
                #expect(
                    try await database.psql("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")
                        == (major > 16 ? "0" : "1"))

                try await database.psql("TRUNCATE t")
                table.scope = .dataOnly
                #expect(try await DatabaseRestore(table, on: server, run: .make())().rows == 2)
                #expect(try await database.psql("SELECT string_agg(b, ',' ORDER BY b) FROM t") == "x,y")

                let ground = SetDrill.Ground.throwaway(try await Machine.installed(), root: Machine.sandboxRoot)
                let drill = try await SetDrill(set, on: ground, run: .make())()
                #expect(drill.ok && drill.warnings == [], "\(drill)")
            }
        }
    }

    @Test("what is found by none of its database's paths is refused, with what to type")
    func lost() async throws {
        try await TestServer.withDatabase { database in
            // The path was in force in a session alone: no archive knows it.
            try await database.psql(Self.definitions(15))
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url)
                var request = RestoreRequest(source: made.folder, into: "\(database.name)_copy")
                request.creates = true
                let restore = DatabaseRestore(request, on: ConnectionParameters(url: database.url), run: .make())
                let failure = await #expect(throws: Failure.self) { try await restore() }
                #expect(failure?.code == .restoreStatement && failure?.category == .refused)
                #expect(failure?.hint?.contains("ALTER FUNCTION") == true)
            }
        }
    }
}
