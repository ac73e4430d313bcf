import DBKit
import Foundation
import TestSupport
import Testing

/// A set comes back the same, through dbctl and through stock tools.
@Suite struct BackupRoundTripTests {
    private func url(_ fixture: RestoreFixture, _ database: String? = nil) -> String {
        "postgresql://postgres@127.0.0.1:\(fixture.server.port)/\(database ?? fixture.database)"
    }

    @Test(
        "the rich database comes back through dbctl restore: pg_dump -C and every checksum agree, B4 B11",
        arguments: TestServer.majors)
    func dbctl(major: Int) async throws {
        try await RestoreFixture.with(major: major) { rich in
            try await BackupFixture.with { backup in
                let before = try await rich.text(of: rich.database)
                let set = try await backup.create(url(rich), tools: rich.server.binaries.folder)
                #expect(try await set.verify().damages == [])
                try await rich.drop(rich.database)
                try await rich.restore(set.folder)
                let after = try await rich.text(of: rich.database)
                #expect(RestoreFixture.difference(before, after) == [])
                #expect(try await set.manifest.differences(from: url(rich)) == [])
            }
        }
    }

    @Test("stock pg_restore -j2 restores a gzip set as it is, B4", arguments: TestServer.majors)
    func stock(major: Int) async throws {
        try await RestoreFixture.with(major: major) { rich in
            try await BackupFixture.with { backup in
                let set = try await backup.create(url(rich), tools: rich.server.binaries.folder) {
                    $0.compression = .gzip(level: 1)
                }
                let other = "\(rich.database)_stock"
                try await rich.server.psql("CREATE DATABASE \"\(other)\" TEMPLATE template0")
                try await finally {
                    try await rich.tool("pg_restore", ["-Fd", "-j2", "-d", other, set.folder])
                    #expect(try await set.manifest.differences(from: url(rich, other)) == [])
                    let list = try await rich.tool("pg_restore", ["-l", set.folder])
                    #expect(list.contains("TABLE DATA"))
                    #expect(list.contains("MATERIALIZED VIEW DATA"))
                } cleanUp: {
                    try await rich.drop(other)
                }
            }
        }
    }

    @Test("a zstd set is a plain one for stock pg_restore after zstd -d, and sha256sum -c agrees, B4")
    func unpacked() async throws {
        try await RestoreFixture.with { rich in
            try await BackupFixture.with { backup in
                let set = try await backup.create(url(rich))
                let sums = try await Program.run("sha256sum", ["--quiet", "-c", "SHA256SUMS"], folder: set.folder)
                #expect(sums.exitCode == 0, "\(sums.stderr)")
                let files = set.manifest.tables.map(\.file) + set.manifest.files.map(\.path)
                let compressed = files.filter { $0.hasSuffix(".zst") }
                #expect(try await Program.run("zstd", ["-q", "-d"] + compressed, folder: set.folder).exitCode == 0)
                let other = "\(rich.database)_stock"
                try await rich.server.psql("CREATE DATABASE \"\(other)\" TEMPLATE template0")
                try await finally {
                    try await rich.tool("pg_restore", ["-Fd", "-j2", "-d", other, set.folder])
                    #expect(try await set.manifest.differences(from: url(rich, other)) == [])
                } cleanUp: {
                    try await rich.drop(other)
                }
            }
        }
    }

    @Test("--copy-format text makes a script that psql reads, with --compress none, B4")
    func script() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                "CREATE TABLE t (i int, s text); INSERT INTO t SELECT i, repeat('é', i % 7) FROM generate_series(1, 500) i"
            )
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url) {
                    $0.copyFormat = .text
                    $0.compression = .none
                }
                #expect(try set.table("t").copyFormat == .text)
                let restore = database.server.binaries.program("pg_restore")
                let script = try await Program.run(restore, ["-f", "-", set.folder])
                #expect(script.exitCode == 0)
                try await TestServer.withDatabase { other in
                    try await other.psql(script.stdout)
                    #expect(try await set.manifest.differences(from: other.url) == [])
                }
            }
        }
    }

    @Test("types whose binary form loses something travel as text, the others in binary")
    func formats() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE TYPE mood AS ENUM ('a', 'b');
                CREATE TABLE plain (i int, t text); CREATE TABLE moods (m mood[]); CREATE TABLE classes (c regclass[]);
                CREATE TABLE acls (a aclitem); CREATE TABLE documents (x xml);
                INSERT INTO moods VALUES ('{a,b}');
                """)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url)
                let formats = try ["plain", "moods", "classes", "acls", "documents"].map {
                    try set.table($0).copyFormat
                }
                #expect(formats == [.binary, .binary, .text, .text, .text])
                #expect(try set.table("moods").checksumFormat == .text)
                #expect(try set.table("plain").checksumFormat == .binary)
            }
        }
    }

    @Test("citext and hstore survive the way through binary", arguments: [15])
    func extensions(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(
                """
                CREATE EXTENSION citext; CREATE EXTENSION hstore;
                CREATE TABLE t (c citext, h hstore, hs hstore[]);
                INSERT INTO t VALUES ('MiXed', 'a=>1, b=>NULL, "c d"=>"\\"x"', ARRAY['a=>b'::hstore]), (NULL, '', '{}');
                """)
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url) { $0.compression = .gzip(level: 1) }
                #expect(try set.table("t").copyFormat == .binary)
                try await TestServer.withDatabase(major: major) { other in
                    let restore = other.server.binaries.program("pg_restore")
                    let target = "host=127.0.0.1 port=\(other.server.port) user=postgres dbname=\(other.name)"
                    let outcome = try await Program.run(restore, ["-d", target, set.folder])
                    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
                    #expect(try await set.manifest.differences(from: other.url) == [])
                }
            }
        }
    }

    @Test("a SQL_ASCII and a LATIN1 database come back byte for byte, B11", arguments: ["SQL_ASCII", "LATIN1"])
    func encodings(encoding: String) async throws {
        let options = "ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C'"
        try await TestServer.withDatabase(options: options) { database in
            let bytes = encoding == "LATIN1" ? "E'\\xe9'" : "convert_from('\\xc3a9', 'SQL_ASCII')"
            let name = encoding == "LATIN1" ? "\"dÉjà \\ \"\" vu\"" : "\"déjà\""
            try await database.psql(
                "CREATE TABLE t (s text); INSERT INTO t VALUES (\(bytes)), ('plain'); CREATE TABLE \(name) (\"é\" int);"
            )
            try await BackupFixture.with { backup in
                let set = try await backup.create(database.url) { $0.compression = .gzip(level: 1) }
                try await TestServer.withDatabase(options: options) { other in
                    let target = "host=127.0.0.1 port=\(other.server.port) user=postgres dbname=\(other.name)"
                    let outcome = try await Program.run(
                        other.server.binaries.program("pg_restore"), ["-d", target, set.folder])
                    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
                    #expect(try await set.manifest.differences(from: other.url) == [])
                    let query = "SELECT string_agg(encode(s::bytea, 'hex'), ',' ORDER BY s) FROM t"
                    #expect(try await other.psql(query) == database.psql(query))
                }
            }
        }
    }
}
