import DBKit
import Foundation
import TestSupport
import Testing

/// Sets that dbctl made, on the rich database of `Tests/Fixtures/rich.sql`: restored by dbctl and by stock pg_restore.
@Suite struct BackupSetRestoreTests {
    /// Backs the fixture's database up; returns the set's folder.
    static func backup(
        _ fixture: RestoreFixture, _ change: (inout BackupRequest) -> Void = { _ in }
    ) async throws -> FoundSet {
        let repository = LocalRepository("\(fixture.folder)/repo")
        var request = BackupRequest(
            server: fixture.url.setting("dbname", fixture.database), repository: repository,
            tools: .init(path: fixture.server.binaries.folder), run: .make(), dbctlVersion: "test",
            applicationName: "dbctl test")
        change(&request)
        _ = try await BackupCreation(request).run()
        let set = try #require(SetCatalog(repository).sets(of: fixture.database).first)
        return FoundSet(repository: repository, path: set)
    }

    @Test(
        "what pg_dump -C says before a backup and after its restore is the same, B4 B11", arguments: TestServer.majors)
    func roundTrip(major: Int) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            let before = try await fixture.text(of: fixture.database)
            let set = try await Self.backup(fixture)
            try await fixture.drop(fixture.database)
            let result = try await fixture.restore(set.folder)
            let after = try await fixture.text(of: fixture.database)
            #expect(RestoreFixture.difference(before, after) == [])
            #expect(result.set == set.path.name.text)
        }
    }

    @Test(
        "stock pg_restore -j2 of a set gives the same rows and schema as dbctl restore, B4",
        arguments: [(15, true), (15, false), (16, true), (18, true)])
    func stock(major: Int, isGzip: Bool) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            let set = try await Self.backup(fixture) {
                $0.compression = isGzip ? .gzip(level: 6) : .standard
            }
            try await fixture.drop(fixture.database)
            try await fixture.restore(set.folder)
            let own = try await fixture.text(of: fixture.database)
            try await fixture.drop(fixture.database)

            let copy = "\(fixture.folder)/copy"
            try FileManager.default.copyItem(atPath: set.folder, toPath: copy)
            if !isGzip {
                let files = try FileManager.default.contentsOfDirectory(atPath: copy).filter { $0.hasSuffix(".zst") }
                let outcome = try await Program.run("zstd", ["-d", "-q", "--rm"] + files.map { "\(copy)/\($0)" })
                #expect(outcome.exitCode == 0, "\(outcome.stderr)")
            }
            try await fixture.tool("pg_restore", ["-C", "-Fd", "-j2", "-d", "postgres", copy])
            let stock = try await fixture.text(of: fixture.database)
            // Two workers load partitions of by_mood through their root; the rows are compared, sorted, at the end.
            #expect(RestoreFixture.difference(own, stock) == [])
        }
    }

    @Test("pg_restore -l, -t, -n and -L work on a set, B4", arguments: TestServer.majors)
    func selection(major: Int) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            let set = try await Self.backup(fixture) { $0.compression = .gzip(level: 1) }
            let list = try await fixture.tool("pg_restore", ["-l", set.folder])
            #expect(list.contains("TABLE DATA public plain"))
            let target = "\(fixture.database)_part"
            func restored(
                _ options: [String], _ question: String, _ prelude: String = "SELECT"
            ) async throws -> String {
                try await fixture.server.psql("CREATE DATABASE \(target) TEMPLATE template0")
                try await fixture.server.psql(prelude, database: target)
                try await fixture.tool("pg_restore", ["-d", target] + options + [set.folder])
                let answer = try await fixture.server.psql(question, database: target)
                try await fixture.drop(target)
                return answer
            }
            #expect(try await restored(["-t", "egg"], "SELECT id, hen FROM egg") == "1|1")
            let prelude = "CREATE SCHEMA données"
            let named = try await restored(
                ["-n", "données", "-t", "Tâble"], "SELECT count(*) FROM données.\"Tâble\"", prelude)
            #expect(named == "3")
            let chosen = "\(fixture.folder)/chosen"
            try list.split(separator: "\n").filter {
                $0.contains(" hen ") && !$0.contains("hen hen_") && !$0.contains("PUBLICATION")
            }
            .joined(separator: "\n").write(toFile: chosen, atomically: true, encoding: .utf8)
            #expect(try await restored(["-L", chosen], "SELECT id, egg FROM hen") == "1|1")
        }
    }

    @Test(
        "a large table is loaded chunk by chunk, in either form, and has the checksum of the manifest",
        arguments: [
            CopyFormatChoice.binary, .text,
        ])
    func chunks(form: CopyFormatChoice) async throws {
        try await RestoreFixture.with { fixture in
            try await fixture.server.psql(
                """
                DROP EVENT TRIGGER watcher;
                -- Nearly empty pages: a table is cut by pages, and the rows shall be few.
                CREATE TABLE big (id integer, t text) WITH (fillfactor = 10);
                INSERT INTO big SELECT g, repeat('x', 130 + g % 50) FROM generate_series(1, 80000) AS g;
                ALTER TABLE big ADD PRIMARY KEY (id);
                """, database: fixture.database)
            for compression in [Compression.zstd(level: 1), .gzip(level: 1), .none] {
                let set = try await Self.backup(fixture) {
                    $0.copyFormat = form
                    $0.compression = compression
                    $0.jobs = 3
                }
                let manifest = try SetVerification(folder: set.folder).manifest()
                let table = try #require(manifest.tables.first { $0.name == "big" })
                let target = "\(fixture.database)_big"
                let result = try await fixture.restore(set.folder, into: target) {
                    $0.jobs = 3
                    $0.smallestSplitTableBytes = 1 << 20
                }
                #expect(result.rows == manifest.tables.reduce(0) { $0 + $1.rows })
                let connection = try await Connection.open(
                    fixture.url.setting("dbname", target), settings: SessionSettings(applicationName: "test"))
                let checksum = try await connection.run { session in
                    try TableChecksum.compute(
                        session, schema: "public", table: "big", columns: table.columns, format: table.checksumFormat)
                }
                await connection.close()
                #expect(checksum == table.checksum)
                #expect(table.chunks.count > 1)
                try await fixture.drop(target)
            }
        }
    }

    @Test("any byte flipped, any file cut or gone: refused before the target is touched, naming the file, B3")
    func damaged() async throws {
        try await RestoreFixture.with { fixture in
            let set = try await Self.backup(fixture)
            let target = "\(fixture.database)_new"
            var random = SystemRandomNumberGenerator()
            for name in try FileManager.default.contentsOfDirectory(atPath: set.folder) {
                let url = URL(fileURLWithPath: "\(set.folder)/\(name)")
                let whole = try Data(contentsOf: url)
                var flipped = whole
                if !whole.isEmpty {
                    flipped[Int.random(in: whole.indices, using: &random)] ^= 0x10
                    try flipped.write(to: url)
                    let failure = try await RestoreRefusalTests.refused(fixture, set.folder, into: target)
                    #expect(failure.category == .data, "\(name): \(failure)")
                    try whole.dropLast().write(to: url)
                    let cut = try await RestoreRefusalTests.refused(fixture, set.folder, into: target)
                    #expect(cut.category == .data, "\(name): \(cut)")
                }
                try FileManager.default.removeItem(at: url)
                let gone = try await RestoreRefusalTests.refused(fixture, set.folder, into: target)
                #expect(gone.category == .data, "\(name): \(gone)")
                try whole.write(to: url)
            }
            try await fixture.restore(set.folder, into: target)
        }
    }

    @Test("a damaged chunk is named with its table and number, B3")
    func damagedChunk() async throws {
        try await RestoreFixture.with { fixture in
            let set = try await Self.backup(fixture)
            let manifest = try SetVerification(folder: set.folder).manifest()
            let table = try #require(manifest.tables.first { $0.name == "plain" })
            let url = URL(fileURLWithPath: "\(set.folder)/\(table.file)")
            var bytes = try Data(contentsOf: url)
            bytes[Int(table.chunks[0].offset) + 5] ^= 1
            try bytes.write(to: url)
            let failure = try await RestoreRefusalTests.refused(fixture, set.folder, into: "\(fixture.database)_new")
            #expect(failure.message.contains(table.file))
            #expect(failure.message.contains("public.plain"))
            #expect(failure.message.contains("chunk 0"))
        }
    }

    @Test("a table that one worker loads is frozen on the way in: no vacuum will have to write it again")
    func frozen() async throws {
        try await RestoreFixture.with { fixture in
            let set = try await Self.backup(fixture)
            let target = "\(fixture.database)_new"
            try await fixture.restore(set.folder, into: target)
            let answer = try await fixture.server.psql(
                "SELECT relpages > 10, relallvisible = relpages FROM pg_class WHERE relname = 'plain'",
                database: target)
            #expect(answer == "t|t")
        }
    }

    @Test("fewer rows than the manifest has are a failure even where every checksum holds, and nothing is left of it")
    func rowCount() async throws {
        try await RestoreFixture.with { fixture in
            let set = try await Self.backup(fixture)
            var manifest = try SetVerification(folder: set.folder).manifest()
            let index = try #require(manifest.tables.firstIndex { $0.name == "plain" })
            manifest.tables[index].rows += 1
            try Data(ManifestFile.encode(manifest)).write(to: URL(fileURLWithPath: "\(set.folder)/manifest.json"))
            let failure = try await RestoreRefusalTests.refused(fixture, set.folder, into: "\(fixture.database)_new")
            #expect(failure.code == .restoreSetDamaged)
            #expect(failure.message.contains("TABLE DATA public.plain"))
        }
    }
}
