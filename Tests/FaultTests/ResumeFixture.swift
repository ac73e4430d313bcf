import DBKit
import Foundation
import Glibc
import TestSupport

/// A database whose restore can be stopped at known places, and a server of the test's own to do so on.
///
/// A gate is a function that waits for as long as a role of its name exists: in a CHECK constraint it holds up the
/// loading of a table, in an expression of an index its building.
struct ResumeFixture: Sendable {
    let server: Sandbox
    let folder: String

    static let tables = 10
    /// Rows of table `t01`; each has a little less than the one before, so that they are loaded in this order.
    static let rows = 3000

    enum Gate: String, CaseIterable {
        case early = "gate_t02"
        case middle = "gate_t05"
        case late = "gate_t08"
        case index = "gate_index"
        case view = "gate_view"
    }

    static func with(_ body: (ResumeFixture) async throws -> Void) async throws {
        // Or publications are warned about.
        try await TestServer.withSandbox(settings: ["wal_level": "logical"]) { server in
            try await withTemporaryFolder { folder in
                let fixture = ResumeFixture(server: server, folder: folder)
                try await fixture.create()
                try await body(fixture)
            }
        }
    }

    var url: String { url(of: "postgres") }

    func url(of database: String) -> String { "postgresql://postgres@127.0.0.1:\(server.port)/\(database)" }

    private func create() async throws {
        try await server.psql("CREATE DATABASE source TEMPLATE template0")
        var script = """
            -- Volatile: each look at the roles is a new one.
            CREATE FUNCTION gate(name text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
                WHILE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) LOOP
                    PERFORM pg_catalog.pg_sleep(0.02);
                END LOOP;
                RETURN true;
            END $$;
            CREATE FUNCTION gate_of_index(name text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                RETURN public.gate(name);
            END $$;
            CREATE ROLE reader;

            """
        for number in 1...Self.tables {
            let name = String(format: "t%02d", number)
            script += """
                CREATE TABLE \(name) (id integer PRIMARY KEY, t text, CHECK (public.gate('gate_\(name)')));
                INSERT INTO \(name) SELECT g, md5(g::text) FROM generate_series(1, \(Self.rows - 100 * number)) AS g;
                CREATE INDEX ON \(name) (t);
                GRANT SELECT ON \(name) TO reader;

                """
        }
        script += """
            CREATE INDEX gated ON t10 (public.gate_of_index('gate_index'));
            CREATE MATERIALIZED VIEW summary AS SELECT count(*), public.gate('gate_view') FROM t01;
            ALTER TABLE t03 ADD FOREIGN KEY (id) REFERENCES t02;
            CREATE SEQUENCE s; SELECT setval('s', 4711);
            SELECT lo_from_bytea(g, decode(repeat('ab', 3000), 'hex')) FROM generate_series(50001, 50040) AS g;
            CREATE PUBLICATION everything FOR ALL TABLES;
            CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'no changes here'; END $$;
            COMMENT ON DATABASE source IS 'a database';
            ALTER DATABASE source SET work_mem = '5MB';
            CREATE EVENT TRIGGER no_changes ON ddl_command_start EXECUTE FUNCTION refuse();
            CREATE EVENT TRIGGER no_drops ON sql_drop EXECUTE FUNCTION refuse();

            """
        try await server.psql(script, database: "source")
    }

    /// Backs the database up and returns the set's folder.
    func backup() async throws -> String {
        let outcome = try await Dbctl.run([
            "backup", "create", "--database-url", url(of: "source"),
            "--repo", "\(folder)/repo", "--format", "json",
        ])
        guard outcome.exitCode == 0 else { throw TestSupportError("\(outcome)") }
        let repository = LocalRepository("\(folder)/repo")
        guard let set = try SetCatalog(repository).sets(of: "source").first else { throw TestSupportError("no set") }
        return "\(folder)/repo/\(set.folder)"
    }

    func close(_ gate: Gate) async throws { try await server.psql("CREATE ROLE \(gate.rawValue)") }
    func open(_ gate: Gate) async throws { try await server.psql("DROP ROLE \(gate.rawValue)") }

    /// Until a restore stands before a gate that is closed.
    func untilItWaits() async throws {
        try await eventually("the restore waits at the gate") {
            try await server.psql(
                """
                SELECT count(*) > 0 FROM pg_stat_activity
                WHERE application_name LIKE 'dbctl restore%' AND wait_event = 'PgSleep'
                """) == "t"
        }
    }

    /// Ends the server's process that waits at a gate the hard way, and with it all others.
    func killWaiting() async throws {
        let pid = try await server.psql(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%' AND wait_event = 'PgSleep'")
        guard let pid = pid_t(pid), kill(pid, SIGKILL) == 0 else { throw TestSupportError("no process \(pid)") }
    }

    /// The database that a killed restore into one of its own has left.
    func left() async throws -> String {
        try await server.psql("SELECT datname FROM pg_database WHERE datname ^@ 'dbctl_restore_'")
    }

    /// File and first row's transaction of every table that has rows: what changes when it is loaded again.
    func fingerprints(_ database: String) async throws -> [String: String] {
        var found: [String: String] = [:]
        for number in 1...Self.tables {
            let name = String(format: "t%02d", number)
            let line = try await server.psql(
                "SELECT pg_relation_filenode('\(name)'), min(xmin::text), count(*) FROM \(name)", database: database)
            if !line.hasSuffix("|0") { found[name] = line }
        }
        return found
    }

    /// All that `pg_dump` says, with the name of the database and the keys of a session left out.
    ///
    /// - Parameter isWhole: with what is said about the database itself.
    func dump(_ database: String, isWhole: Bool) async throws -> [String] {
        let outcome = try await Program.run(
            server.binaries.program("pg_dump"), (isWhole ? ["-C"] : []) + [database],
            environment: ["PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "postgres"])
        guard outcome.exitCode == 0 else { throw TestSupportError(outcome.stderr) }
        let views = try await server.psql("SELECT relispopulated FROM pg_class WHERE relkind = 'm'", database: database)
        return (outcome.stdout + views).replacing(database, with: "source").split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
    }
}
