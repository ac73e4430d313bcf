import DBKit
import Foundation
import TestSupport
import Testing

/// Archives that pg_dump wrote (B5), on the rich database of `Tests/Fixtures/rich.sql` (B11).
@Suite struct ForeignArchiveTests {
    @Test("toc.dat of pg_dump is written back byte for byte", arguments: TestServer.majors)
    func codec(major: Int) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            for options in [[], ["-s"], ["-Z0"], ["--inserts"]] {
                let archive = try await fixture.archive(options)
                let bytes = try InputFile(opening: "\(archive)/toc.dat").readAll()
                #expect(try ArchiveTOC(parsing: bytes).serialized() == bytes)
            }
        }
    }

    @Test("what pg_dump -C says before and after a restore is the same, B5 B11", arguments: TestServer.majors)
    func roundTrip(major: Int) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            let before = try await fixture.text(of: fixture.database)
            let archive = try await fixture.archive()
            try await fixture.drop(fixture.database)
            let result = try await fixture.restore(archive) { $0.jobs = 4 }
            let after = try await fixture.text(of: fixture.database)
            #expect(RestoreFixture.difference(before, after) == [])
            #expect(result.largeObjects == 3)
            #expect(result.warnings.allSatisfy { $0.contains("wal_level") })
        }
    }

    @Test(
        "plain, gzip and --inserts archives give what stock pg_restore gives, B5",
        arguments: [["-Z0"], ["-Z9"], ["--inserts"]])
    func forms(options: [String]) async throws {
        try await RestoreFixture.with { fixture in
            let archive = try await fixture.archive(options)
            try await fixture.drop(fixture.database)
            try await fixture.tool("pg_restore", ["-C", "-d", "postgres", archive])
            let stock = try await fixture.text(of: fixture.database)
            try await fixture.drop(fixture.database)
            try await fixture.restore(archive)
            let own = try await fixture.text(of: fixture.database)
            #expect(RestoreFixture.difference(stock, own) == [])
        }
    }

    @Test("an archive whose files were compressed with zstd afterwards restores too, B5")
    func zstd() async throws {
        try await RestoreFixture.with { fixture in
            let before = try await fixture.text(of: fixture.database)
            let archive = try await fixture.archive(["-Z0"])
            let files = try FileManager.default.contentsOfDirectory(atPath: archive).filter { $0.hasSuffix(".dat") }
            for file in files where file != "toc.dat" {
                let outcome = try await Program.run("zstd", ["-q", "--rm", "\(archive)/\(file)"])
                #expect(outcome.exitCode == 0)
            }
            try await fixture.drop(fixture.database)
            try await fixture.restore(archive)
            let after = try await fixture.text(of: fixture.database)
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test("definitions only: what pg_dump -s says is the same, and no table has a row", arguments: TestServer.majors)
    func schemaOnly(major: Int) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            let before = try await fixture.text(of: fixture.database, ["-s"])
            let archive = try await fixture.archive()
            try await fixture.drop(fixture.database)
            let result = try await fixture.restore(archive) { $0.scope = .schemaOnly }
            let after = try await fixture.text(of: fixture.database, ["-s"])
            #expect(RestoreFixture.difference(before, after) == [])
            #expect(result.rows == 0)
            #expect(try await fixture.server.psql("SELECT count(*) FROM events", database: fixture.database) == "0")
        }
    }

    @Test("an existing empty database is filled: all but what is said of the database itself")
    func existing() async throws {
        try await RestoreFixture.with { fixture in
            let before = try await fixture.text(of: fixture.database, [])
            let archive = try await fixture.archive()
            let target = "\(fixture.database)_there"
            try await fixture.server.psql("CREATE DATABASE \(target) TEMPLATE template0 LOCALE 'C.UTF-8'")
            // Views over timestamps were made in the zone of the archived database.
            try await fixture.server.psql("ALTER DATABASE \(target) SET timezone TO 'Asia/Tokyo'")
            try await fixture.restore(archive, into: target, creates: false)
            #expect(RestoreFixture.difference(before, try await fixture.text(of: target, [])) == [])
        }
    }

    @Test("a restore into a database that was there is on the disk when it says that it is done")
    func durability() async throws {
        // A server that writes nothing to the disk by itself meanwhile.
        let lazy = ["wal_writer_delay": "10s", "bgwriter_delay": "10s", "autovacuum": "off"]
        try await TestServer.withSandbox(settings: lazy) { server in
            try await withTemporaryFolder { folder in
                try await server.psql("CREATE DATABASE old")
                try await server.psql(
                    "CREATE TABLE t (i int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 99)", database: "old")
                let dump = try await Program.run(
                    server.binaries.program("pg_dump"),
                    ["-Fd", "-f", "\(folder)/a", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "postgres", "old"])
                #expect(dump.exitCode == 0, "\(dump.stderr)")
                try await server.psql("CREATE DATABASE new")
                let url = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(server.port)/postgres")
                var request = RestoreRequest(source: "\(folder)/a", into: "new")
                request.creates = false
                try await DatabaseRestore(request, on: url, run: .make())()
                // Beyond the flushed position lies no record, at most the header of a page.
                let rest = try await server.psql(
                    "SELECT pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn() < 100")
                #expect(rest == "t")
            }
        }
    }

    @Test("a LATIN1 database is restored byte for byte, names included, B11", arguments: ["LATIN1", "SQL_ASCII"])
    func encodings(encoding: String) async throws {
        try await RestoreFixture.with { fixture in
            let name = "\(fixture.database)_enc"
            try await fixture.server.psql(
                "CREATE DATABASE \(name) TEMPLATE template0 ENCODING '\(encoding)' LOCALE 'C'")
            // chr(233) is the byte E9 in both: no UTF-8, in names, comments and data.
            try await fixture.server.psql(
                """
                DO $$ DECLARE t text := 'caf' || chr(233); BEGIN
                    EXECUTE format('CREATE TABLE %I (%I text)', t, chr(233));
                    EXECUTE format('INSERT INTO %I SELECT %L', t, chr(233));
                    EXECUTE format('CREATE INDEX ON %I (%I)', t, chr(233));
                    EXECUTE format('COMMENT ON TABLE %I IS %L', t, t);
                    EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), t || chr(92) || 'n');
                    EXECUTE format('ALTER DATABASE %I SET my.word TO %L', current_database(), t || chr(92));
                    EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings TO off', current_database());
                END $$
                """, database: name)
            let question = """
                SELECT encode(convert_to(relname, getdatabaseencoding()), 'hex'), pg_encoding_to_char(encoding),
                    encode(convert_to(obj_description(c.oid), getdatabaseencoding()), 'hex'), reltuples,
                    encode(convert_to(shobj_description(pg_database.oid, 'pg_database'), getdatabaseencoding()), 'hex'),
                    (SELECT encode(convert_to(setconfig::text, getdatabaseencoding()), 'hex')
                       FROM pg_db_role_setting WHERE setdatabase = pg_database.oid)
                FROM pg_class AS c, pg_database WHERE relname LIKE 'caf%' AND relkind = 'r' AND datname = current_database()
                """
            try await fixture.server.psql("ANALYZE", database: name)
            let before = try await fixture.server.psql(question, database: name)
            let archive = try await fixture.archive(of: name)
            try await fixture.drop(name)
            try await fixture.restore(archive, into: name)
            #expect(try await fixture.server.psql(question, database: name) == before)
            #expect(before.hasPrefix("636166e9|\(encoding)|636166e9|1"))
        }
    }
}
