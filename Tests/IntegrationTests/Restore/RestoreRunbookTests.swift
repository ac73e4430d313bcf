import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/restore.md`, read and run: whatever it tells a tired person to type works.
@Suite struct RestoreRunbookTests {
    static func blocks() throws -> [Runbook.Block] { try Runbook.blocks(of: "restore.md") }

    /// Runs a block with the runbook's variables, stopping at the first command that fails.
    static func run(_ script: String, _ fixture: RestoreFixture, folder: String) async throws -> Program.Outcome {
        let settings = """
            export REPO=\(fixture.folder)/repo DB=\(fixture.database)
            export DATABASE_URL=postgresql://postgres@127.0.0.1:\(fixture.server.port)/postgres
            export SET=$(ls "$REPO/$DB" | grep -v state.json | tail -1)

            """
        // The one absolute path of the runbook, so that two tests do not meet in it.
        let local = script.replacing("/tmp/restore-set", with: "\(fixture.folder)/restore-set")
        return try await Runbook.run(settings + local, programs: fixture.server.binaries.folder, folder: folder)
    }

    /// A set of another database, whose name is the same and comes first: what `--all-databases` of old may have made.
    static func addNamesake(_ fixture: RestoreFixture) throws {
        let repository = LocalRepository("\(fixture.folder)/repo")
        for set in try SetCatalog(repository).sets(of: fixture.database) {
            let namesake = SetPath(database: "aaa", name: set.name)
            try Folder.create(repository.url(namesake.databaseFolder))
            try FileManager.default.copyItem(
                atPath: repository.url(set.folder), toPath: repository.url(namesake.folder))
        }
    }

    @Test("every command of the runbook's way with dbctl works, and the database comes back, B4")
    func withDbctl() async throws {
        try await RestoreFixture.with { fixture in
            _ = try await BackupSetRestoreTests.backup(fixture)
            try Self.addNamesake(fixture)
            // globals.sql alters the roles, and pg_dump names those of a policy in the order of their rows.
            func text() async throws -> [String] {
                try await fixture.text(of: fixture.database).filter { !$0.hasPrefix("CREATE POLICY") }
            }
            let before = try await text()
            for block in try Self.blocks()
            where ["Symptom and verdict", "Restore with dbctl", "How to know that it is over"].contains(block.heading) {
                let outcome = try await Self.run(block.script, fixture, folder: fixture.folder)
                #expect(outcome.exitCode == 0, "\(block.script)\n\(outcome.stdout)\n\(outcome.stderr)")
            }
            let after = try await text()
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test("every command of the runbook's way to one lost table works, and the table comes back, B13")
    func oneTable() async throws {
        try await TableRestoreTests.with { fixture, _ in
            try Self.addNamesake(fixture)
            let before = try await TableRestoreTests.lines(fixture)
            let blocks = try Self.blocks().filter { $0.heading == "One lost table" }.map(\.script)
            try #require(blocks.count == 3)
            let losses = ["DROP TABLE booking", "DELETE FROM booking", "SELECT 1"]
            for (script, loss) in zip(blocks, losses) {
                try await fixture.server.psql(loss, database: fixture.database)
                let local = "export TABLE=public.booking\n" + script.replacing("public.prices", with: "public.booking")
                let outcome = try await Self.run(local, fixture, folder: fixture.folder)
                #expect(outcome.exitCode == 0, "\(script)\n\(outcome.stdout)\n\(outcome.stderr)")
            }
            try await fixture.server.psql("DROP SCHEMA rescue CASCADE", database: fixture.database)
            let after = try await TableRestoreTests.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test("every command of the runbook's way without dbctl works, B4")
    func withStockTools() async throws {
        try await RestoreFixture.with { fixture in
            _ = try await BackupSetRestoreTests.backup(fixture)
            // As in the archive's database, which pg_restore into an existing one does not set.
            let question = """
                SELECT (SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM plain AS t), (SELECT count(*) FROM events),
                    (SELECT count(*) FROM by_mood), (SELECT count(*) FROM pg_largeobject_metadata)
                """
            let before = try await fixture.server.psql(question, database: fixture.database)
            var folder = fixture.folder
            for block in try Self.blocks() where block.heading == "Restore with stock tools" {
                let outcome = try await Self.run(block.script, fixture, folder: folder)
                #expect(outcome.exitCode == 0, "\(block.script)\n\(outcome.stdout)\n\(outcome.stderr)")
                folder = "\(fixture.folder)/restore-set"
            }
            let after = try await fixture.server.psql(question, database: "\(fixture.database)_restored")
            #expect(after == before)
        }
    }

    @Test("the runbook's way past a function that is not found works, on a server that uses no path for indexes, too")
    func lostFunction() async throws {
        let block = try #require(Self.blocks().first { $0.heading == "A function is not found" })
        try await TestServer.withDatabase { database in
            try await database.psql(
                """
                CREATE SCHEMA helper;
                CREATE FUNCTION helper.low(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.lower($1)';
                SET search_path = public, helper;
                CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN low($1); END';
                CREATE TABLE t (a text, b text GENERATED ALWAYS AS (f(a)) STORED); CREATE INDEX ON t (f(a));
                INSERT INTO t VALUES ('X'), ('Y');
                """)
            try await BackupFixture.with { backup in
                let made = try await backup.create(database.url) { $0.compression = .none }
                for major in TestServer.majors {
                    let server = try await TestServer.shared(major: major)
                    let name = TestServer.uniqueName("lost")
                    let settings = """
                        export DATABASE_URL=postgresql://postgres@127.0.0.1:\(server.port)/postgres DB=\(name)

                        """
                    let outcome = try await Runbook.run(
                        settings + block.script, programs: server.binaries.folder, folder: made.folder)
                    #expect(outcome.exitCode == 0, "\(outcome.stdout)\n\(outcome.stderr)")
                    let text = try await server.psql(
                        "SELECT string_agg(b, ',' ORDER BY b) FROM t", database: "\(name)_restored")
                    #expect(text == "x,y")
                    try await server.psql("DROP DATABASE \(name)_restored")
                }
            }
        }
    }

    @Test("the runbook's first command without dbctl finds a set that is cut at the end of a frame")
    func checksumsFirst() async throws {
        try await RestoreFixture.with { fixture in
            let set = try await BackupSetRestoreTests.backup(fixture)
            let manifest = try SetVerification(folder: set.folder).manifest()
            let table = try #require(manifest.tables.first { $0.name == "plain" })
            let url = URL(fileURLWithPath: "\(set.folder)/\(table.file)")
            let chunk = table.chunks[0]
            try Data(contentsOf: url).prefix(Int(chunk.offset + chunk.length)).write(to: url)
            let first = try #require(Self.blocks().first { $0.heading == "Restore with stock tools" })
            let outcome = try await Self.run(first.script, fixture, folder: fixture.folder)
            #expect(outcome.exitCode != 0)
        }
    }
}
