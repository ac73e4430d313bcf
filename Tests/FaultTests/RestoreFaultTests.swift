import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// A restore that is killed or stopped half-way: nobody ever sees half a database.
@Suite struct RestoreFaultTests {
    /// An archive whose restore stops at a materialized view that sleeps for ever.
    private static func withSlowArchive(
        _ body: (Sandbox, _ archive: String, _ url: String) async throws -> Void
    ) async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                try await server.psql(
                    """
                    CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 1000) AS g;
                    CREATE FUNCTION slow() RETURNS integer LANGUAGE sql AS 'SELECT 1';
                    CREATE MATERIALIZED VIEW waits AS SELECT public.slow();
                    CREATE OR REPLACE FUNCTION slow() RETURNS integer LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM pg_sleep(100000); RETURN 1; END $$;
                    """)
                let outcome = try await Program.run(
                    server.binaries.program("pg_dump"), ["-Fd", "-f", "\(folder)/archive", "postgres"],
                    environment: ["PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "postgres"])
                try #require(outcome.exitCode == 0, "\(outcome.stderr)")
                let url = "postgresql://postgres@127.0.0.1:\(server.port)/postgres"
                try await body(server, "\(folder)/archive", url)
            }
        }
    }

    private static func untilItWaits(_ server: Sandbox) async throws {
        try await eventually("the restore refreshes its view") {
            try await server.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%REFRESH%' AND wait_event = 'PgSleep'") == "1"
        }
    }

    private static let databases = "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database"
    private static let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%'"

    @Test(
        "SIGINT and SIGTERM: 130 and 143, no database and no session left behind",
        arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func stopped(signal: Int32, code: Int32) async throws {
        try await Self.withSlowArchive { server, archive, url in
            let before = try await server.psql(Self.databases)
            let outcome = try await Dbctl.withRunning(
                ["restore", "--database-url", url, "--from", archive, "--into", "copy", "--create"]
            ) { running in
                try await Self.untilItWaits(server)
                try running.signal(signal)
            }
            #expect(outcome.exitCode == code, "\(outcome)")
            // The server ends its sessions on its own time once their sockets are closed.
            try await eventually("all sessions end") { try await server.psql(Self.sessions) == "0" }
            #expect(try await server.psql(Self.databases) == before)
        }
    }

    @Test(
        "SIGINT and SIGTERM in a database that was there: 130 and 143, and that it holds a part of the archive",
        arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func stoppedInExisting(signal: Int32, code: Int32) async throws {
        try await Self.withSlowArchive { server, archive, url in
            try await server.psql("CREATE DATABASE copy")
            let arguments = ["restore", "--database-url", url, "--from", archive, "--into", "copy"]
            let outcome = try await Dbctl.withRunning(arguments + ["--format", "json"]) { running in
                try await Self.untilItWaits(server)
                try running.signal(signal)
            }
            #expect(outcome.exitCode == code, "\(outcome)")
            let error = try #require(try outcome.json()["error"] as? [String: Any])
            #expect((error["detail"] as? String)?.contains("The database copy holds a part of the archive") == true)
            #expect((error["hint"] as? String)?.contains("run the same command with --resume: it goes on") == true)
            try await eventually("all sessions end") { try await server.psql(Self.sessions) == "0" }
            #expect(try await Dbctl.run(arguments).exitCode == 73)
        }
    }

    @Test("after SIGKILL no half-restored database has the wanted name, and the next run sweeps what was left")
    func killed() async throws {
        try await Self.withSlowArchive { server, archive, url in
            let arguments = ["restore", "--database-url", url, "--from", archive, "--into", "copy", "--create"]
            _ = try await Dbctl.withRunning(arguments) { running in
                try await Self.untilItWaits(server)
                try running.signal(SIGKILL)
            }
            let left = try await server.psql("SELECT datname FROM pg_database WHERE datname ^@ 'dbctl_restore_'")
            #expect(left.count == 49)
            #expect(try await server.psql("SELECT count(*) FROM pg_database WHERE datname = 'copy'") == "0")
            let outcome = try await Dbctl.run(arguments + ["--schema-only", "--format", "json"])
            #expect(outcome.exitCode == 0, "\(outcome)")
            let data = try #require(try outcome.json()["data"] as? [String: Any])
            #expect(data["swept"] as? [String] == [left])
            #expect(
                try await server.psql("SELECT datname FROM pg_database WHERE datname !~ 'template|postgres'") == "copy")
        }
    }

    @Test("while one restore into a name runs, another is refused: 75, and its own database is left alone")
    func rivals() async throws {
        try await Self.withSlowArchive { server, archive, url in
            let arguments = ["restore", "--database-url", url, "--from", archive, "--into", "copy", "--create"]
            _ = try await Dbctl.withRunning(arguments) { running in
                try await Self.untilItWaits(server)
                let second = try await Dbctl.run(arguments)
                #expect(second.exitCode == 75, "\(second)")
                let beside = try await Dbctl.run(
                    [
                        "restore", "--database-url", url, "--from", archive, "--into", "other", "--create",
                        "--schema-only",
                    ])
                #expect(beside.exitCode == 0, "\(beside)")
                #expect(
                    try await server.psql("SELECT count(*) FROM pg_database WHERE datname ^@ 'dbctl_restore_'") == "1")
                try running.signal(SIGTERM)
            }
        }
    }

    @Test("a run that drops the database it has replaced is not over: another into the same name is 75")
    func stillDropping() async throws {
        try await Self.withSlowArchive { server, archive, url in
            try await server.psql("CREATE DATABASE copy")
            let run = RunID.make().description
            let mark = Digest.hex(Array("copy".utf8)).prefix(8)
            try await server.psql("CREATE DATABASE dbctl_restore_\(run.lowercased())_\(mark)_old")
            let arguments = ["restore", "--database-url", url, "--from", archive, "--into", "copy", "--schema-only"]
            try await Connection.with(
                server.parameters(), settings: SessionSettings(applicationName: "dbctl restore \(run)")
            ) { _ in
                let outcome = try await Dbctl.run(arguments + ["--clean", "--yes"])
                #expect(outcome.exitCode == 75, "\(outcome)")
            }
            #expect(try await Dbctl.run(arguments + ["--clean", "--yes"]).exitCode == 0)
            #expect(
                try await server.psql("SELECT datname FROM pg_database WHERE datname !~ 'template|postgres'") == "copy")
        }
    }

    @Test("a server that dies under a restore is reported, and the next run sweeps")
    func serverDies() async throws {
        try await Self.withSlowArchive { server, archive, url in
            let arguments = ["restore", "--database-url", url, "--from", archive, "--into", "copy", "--create"]
            let outcome = try await Dbctl.withRunning(arguments) { _ in
                try await Self.untilItWaits(server)
                try await server.psql(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name LIKE 'dbctl restore%'
                    """)
            }
            #expect(outcome.exitCode == 69, "\(outcome)")
            let again = try await Dbctl.run(arguments + ["--schema-only"])
            #expect(again.exitCode == 0, "\(again)")
            #expect(
                try await server.psql("SELECT datname FROM pg_database WHERE datname !~ 'template|postgres'") == "copy")
        }
    }

    @Test(
        "a database that --clean replaces stays as it was until the new one is complete, and the next run replaces it",
        arguments: [SIGTERM, SIGKILL])
    func replaced(signal: Int32) async throws {
        try await Self.withSlowArchive { server, archive, url in
            try await server.psql("CREATE DATABASE copy")
            try await server.psql("CREATE TABLE old AS SELECT 1 AS id", database: "copy")
            let arguments = [
                "restore", "--database-url", url, "--from", archive, "--into", "copy", "--clean", "--yes",
            ]
            _ = try await Dbctl.withRunning(arguments) { running in
                try await Self.untilItWaits(server)
                #expect(try await server.psql("SELECT id FROM old", database: "copy") == "1")
                try running.signal(signal)
            }
            #expect(try await server.psql("SELECT id FROM old", database: "copy") == "1")
            // What a run leaves that was killed between the exchange of names and the DROP.
            let id = RunID.make().description.lowercased()
            let left = "dbctl_restore_\(id)_\(Digest.hex(Array("copy".utf8)).prefix(8))_old"
            try await server.psql("CREATE DATABASE \(left)")
            let again = try await Dbctl.run(arguments + ["--schema-only"])
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await server.psql("SELECT to_regclass('t'), to_regclass('old')", database: "copy") == "t|")
            #expect(
                try await server.psql("SELECT datname FROM pg_database WHERE datname !~ 'template|postgres'") == "copy")
        }
    }
}
