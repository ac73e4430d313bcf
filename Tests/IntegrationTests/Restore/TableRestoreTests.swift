import DBKit
import Foundation
import TestSupport
import Testing

/// One lost table in a live database (B13), on the rich database of `Tests/Fixtures/rich.sql`.
@Suite struct TableRestoreTests {
    /// The fixture with what would go along with a dropped table taken out, and a set of it.
    static func with(
        major: Int = 15, _ prelude: String = "", _ body: (RestoreFixture, FoundSet) async throws -> Void
    ) async throws {
        try await RestoreFixture.with(major: major) { fixture in
            try await fixture.server.psql(
                """
                DROP EVENT TRIGGER watcher; DROP VIEW happy; DROP MATERIALIZED VIEW base_mv CASCADE;
                DROP POLICY "who; TO" ON secret; DROP PUBLICATION everything;
                """ + prelude, database: fixture.database)
            try await body(fixture, BackupSetRestoreTests.backup(fixture))
        }
    }

    /// Lines of `pg_dump`, sorted: tables that were made again stand in another place.
    static func lines(_ fixture: RestoreFixture) async throws -> [String] {
        let dump = try await fixture.tool("pg_dump", ["-C", "--exclude-table-data=by_mood*", fixture.database])
        let rows = try await fixture.server.psql("SELECT * FROM by_mood ORDER BY v", database: fixture.database)
        return (dump + rows).split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") && !$0.hasPrefix("--")
        }.sorted()
    }

    /// Of a database that has lost more than its tables.
    static func schema(_ fixture: RestoreFixture) async throws -> [String] {
        try await fixture.text(of: fixture.database, ["-s"])
    }

    @discardableResult
    static func restore(
        _ fixture: RestoreFixture, _ set: FoundSet, _ tables: [String],
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) async throws -> RestoreResult {
        try await fixture.restore(set.folder, into: fixture.database, creates: false) {
            $0.tables = tables.compactMap(TableName.init)
            change(&$0)
        }
    }

    /// Runs a restore that must be refused, and looks that nothing changed.
    static func refused(
        _ fixture: RestoreFixture, _ set: FoundSet, _ tables: [String],
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) async throws -> Failure {
        let before = try await lines(fixture)
        let failure = await #expect(throws: Failure.self) { try await restore(fixture, set, tables, change) }
        let after = try await lines(fixture)
        #expect(RestoreFixture.difference(before, after) == [])
        return try #require(failure)
    }

    static let hostile = #""Hostile ""schema""; --"."Mixed Case é 'x' \ ""y""""#
    /// To drop and to restore; `parent` takes `child` along.
    static let losses: [[String]] = [
        ["public.plain"], [hostile], ["données.Tâble"], ["public.no_columns"], ["public.events"],
        ["public.events_2025"], ["public.by_mood"], ["public.by_mood_1"], ["public.lists_a"],
        ["public.parent", "public.child"], ["public.child"], ["public.hen"], ["public.egg"], ["public.likes"],
        ["public.loose"], ["public.booking"], ["public.secret"], ["public.volatile"],
    ]

    static func quoted(_ text: String) -> String {
        let name = TableName(text)
        return [name?.schema, name?.name].compactMap { $0 }
            .map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
    }

    @Test(
        "a lost table comes back: what pg_dump -C says is the same as before, B13", arguments: TestServer.majors)
    func absent(major: Int) async throws {
        try await Self.with(major: major) { fixture, set in
            let before = try await Self.lines(fixture)
            for tables in Self.losses {
                for table in tables {
                    try await fixture.server.psql(
                        "DROP TABLE IF EXISTS \(Self.quoted(table)) CASCADE", database: fixture.database)
                }
                let result = try await Self.restore(fixture, set, tables)
                let after = try await Self.lines(fixture)
                #expect(RestoreFixture.difference(before, after) == [], "\(tables)")
                #expect(result.warnings == [], "\(tables)")
            }
        }
    }

    @Test("--clean puts a table in the place of another: what pg_dump -C says is the same as before, B13")
    func replaced() async throws {
        let tables = ["public.plain", Self.hostile, "public.lists", "public.booking", "public.secret", "public.child"]
        try await Self.with { fixture, set in
            let before = try await Self.lines(fixture)
            for table in tables {
                let name = Self.quoted(table)
                try await fixture.server.psql(
                    "ALTER TABLE \(name) ADD later text; DELETE FROM \(name); GRANT ALL ON \(name) TO PUBLIC",
                    database: fixture.database)
                let result = try await Self.restore(fixture, set, [table]) { $0.replaces = true }
                let after = try await Self.lines(fixture)
                #expect(RestoreFixture.difference(before, after) == [], "\(table)")
                #expect(result.warnings == [], "\(table)")
            }
        }
    }

    @Test("a table that is there is not touched without --clean: 73, naming it, B13")
    func present() async throws {
        try await Self.with { fixture, set in
            let failure = try await Self.refused(fixture, set, ["public.plain"])
            #expect(failure.category == .cannotCreate)
            #expect(failure.message.contains("public.plain"))
        }
    }

    @Test("--clean without consent says what it would drop and make, and does nothing, B13")
    func dryRun() async throws {
        try await Self.with { fixture, set in
            let before = try await Self.lines(fixture)
            let result = try await Self.restore(fixture, set, ["public.plain"]) {
                $0.replaces = true
                $0.isDryRun = true
            }
            let after = try await Self.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
            let steps = try #require(result.steps)
            #expect(steps.contains { $0.hasPrefix("DROP TABLE \"public\".\"plain\"") })
            #expect(steps.contains { $0.hasPrefix("load TABLE DATA public.plain") })
            #expect(!steps.contains { $0.contains("events") })
        }
    }

    @Test(
        "--clean refuses with 80, naming them, when other objects depend on the table, B13",
        arguments: [
            ("CREATE VIEW looks AS SELECT id FROM plain", "view public.looks"),
            ("CREATE FUNCTION f(plain) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function public.f(public.plain)"),
            ("CREATE TABLE r (p integer CONSTRAINT points REFERENCES plain)", "constraint points on table public.r"),
            ("CREATE TABLE heir () INHERITS (plain)", "table public.heir"),
            ("CREATE POLICY p ON secret USING (EXISTS (SELECT FROM plain))", "policy p on table public.secret"),
        ])
    func dependents(sql: String, name: String) async throws {
        try await Self.with { fixture, set in
            try await fixture.server.psql(sql, database: fixture.database)
            let failure = try await Self.refused(fixture, set, ["public.plain"]) { $0.replaces = true }
            #expect(failure.category == .guarded)
            #expect(failure.message.contains(name), "\(failure)")
        }
    }

    @Test("--as puts a copy beside the table, with indexes, sequence and rows of its own, B13", arguments: [15, 18])
    func copy(major: Int) async throws {
        try await Self.with(major: major) { fixture, set in
            let before = try await Self.lines(fixture)
            for (table, copy) in [
                ("public.plain", "rescue.plain"), ("public.plain", "public.plain_2"), (Self.hostile, "public.H 2"),
                ("public.events", "public.Events"), ("public.egg", "rescue.egg"),
            ] {
                try await Self.restore(fixture, set, [table]) { $0.copyName = TableName(copy) }
                let name = Self.quoted(copy)
                let rows = try await fixture.server.psql(
                    """
                    SELECT count(*) = (SELECT count(*) FROM \(name)) FROM \(Self.quoted(table));
                    SELECT count(*) FROM pg_index WHERE indrelid = '\(name)'::regclass
                    """, database: fixture.database)
                let indexes = try await fixture.server.psql(
                    "SELECT count(*) FROM pg_index WHERE indrelid = '\(Self.quoted(table).replacing("'", with: "''"))'::regclass",
                    database: fixture.database)
                #expect(rows == "t\n\(indexes)", "\(copy)")
            }
            let own = try await fixture.server.psql(
                """
                SELECT pg_get_serial_sequence('plain_2', 'id');
                INSERT INTO plain_2 DEFAULT VALUES RETURNING id > 15000;
                INSERT INTO "H 2" DEFAULT VALUES RETURNING "select";
                SELECT count(*) FROM pg_constraint WHERE conrelid = 'rescue.egg'::regclass AND contype = 'f';
                SELECT count(*) FROM pg_namespace WHERE nspname ^@ 'dbctl';
                DROP SCHEMA rescue CASCADE; DROP TABLE plain_2, "H 2", "Events";
                """, database: fixture.database)
            #expect(own == "public.plain_2_id_seq\nt\n51\n0\n0")
            // Nothing of the originals was touched.
            let after = try await Self.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
            try await fixture.server.psql("CREATE TABLE taken ()", database: fixture.database)
            let taken = try await Self.refused(fixture, set, ["public.plain"]) {
                $0.copyName = TableName("public.taken")
            }
            #expect(taken.category == .cannotCreate)
        }
    }

    @Test("only that table's bytes are read: damage elsewhere is no obstacle, damage in it is refused at 65, B13 B3")
    func bytes() async throws {
        try await Self.with { fixture, _ in
            // Uncompressed: nothing but the checksums would notice.
            let set = try await BackupSetRestoreTests.backup(fixture) { $0.compression = .none }
            let manifest = try SetVerification(folder: set.folder).manifest()
            let own = try #require(manifest.tables.first { $0.name == "plain" })
            for table in manifest.tables where table.name != "plain" {
                try FileManager.default.removeItem(atPath: "\(set.folder)/\(table.file)")
            }
            try await fixture.server.psql("DROP TABLE plain", database: fixture.database)
            let url = URL(fileURLWithPath: "\(set.folder)/\(own.file)")
            let whole = try Data(contentsOf: url)
            for place in [0, whole.count / 3, whole.count / 2, whole.count - 1] {
                var flipped = whole
                flipped[place] ^= 1
                try flipped.write(to: url)
                let failure = try await Self.refused(fixture, set, ["public.plain"])
                #expect(failure.category == .data && failure.message.contains(own.file), "\(failure)")
            }
            try whole.write(to: url)
            try await Self.restore(fixture, set, ["public.plain"])
            #expect(try await fixture.server.psql("SELECT count(*) FROM plain", database: fixture.database) == "3003")
        }
    }

    @Test("types, functions, schemas, roles and extensions that are missing are all named at once: 78, B13")
    func needs() async throws {
        let extra = """
            CREATE SCHEMA gone; CREATE TABLE gone.t (m mood, n integer DEFAULT données.double(1), p pairs);
            GRANT SELECT ON gone.t TO PUBLIC;
            """
        try await Self.with(extra) { fixture, set in
            try await fixture.server.psql(
                """
                DROP SCHEMA gone CASCADE; DROP TYPE mood CASCADE; DROP TYPE pair CASCADE;
                DROP SCHEMA données CASCADE;
                """, database: fixture.database)
            let before = try await fixture.text(of: fixture.database, ["-s"])
            let failure = await #expect(throws: Failure.self) {
                try await Self.restore(fixture, set, ["gone.t"])
            }
            let after = try await fixture.text(of: fixture.database, ["-s"])
            #expect(RestoreFixture.difference(before, after) == [])
            #expect(failure?.category == .configuration)
            for name in ["SCHEMA gone", "TYPE public.mood", "TYPE public.pair", "FUNCTION données.double(integer)"] {
                #expect(failure?.message.contains(name) == true, "\(name): \(failure.debugDescription)")
            }
            #expect(failure?.detail?.contains("CREATE TYPE public.mood AS ENUM") == true)
        }
    }

    @Test("a table that a long transaction holds: 75 after short tries, naming it, and nothing was changed, B13")
    func busy() async throws {
        try await Self.with { fixture, set in
            try await fixture.server.psql("DROP TABLE egg CASCADE", database: fixture.database)
            let holder = try await Connection.open(
                fixture.url.setting("dbname", fixture.database), settings: SessionSettings(applicationName: "holder"))
            try await finally {
                try await holder.run { session in
                    try session.execute("BEGIN")
                    try session.execute("UPDATE public.hen SET id = id")
                }
                let failure = try await Self.refused(fixture, set, ["public.egg"]) {
                    $0.lockTimeout = .milliseconds(20)
                    $0.lockTries = 3
                }
                #expect(failure.category == .busy)
                #expect(failure.detail?.contains("UPDATE public.hen") == true, "\(failure)")
            } cleanUp: {
                await holder.close()
            }
        }
    }

    @Test("whoever reads a table while it is replaced sees the old rows or all new ones, and never waits long, B13")
    func readers() async throws {
        try await Self.with("CREATE TABLE big AS SELECT g AS id FROM generate_series(1, 300000) AS g;") {
            fixture, set in
            try await fixture.server.psql("DELETE FROM big WHERE id > 7", database: fixture.database)
            let reader = try await Connection.open(
                fixture.url.setting("dbname", fixture.database), settings: SessionSettings(applicationName: "reader"))
            let restore = Task { try await Self.restore(fixture, set, ["public.big"]) { $0.replaces = true } }
            var seen: Set<Int> = []
            while !seen.contains(300_000) {
                let count: Int = try await reader.run {
                    try $0.row("SELECT count(*)::int AS n FROM public.big").value("n")
                }
                seen.insert(count)
                try #require(seen.isSubset(of: [7, 300_000]), "\(seen)")
            }
            _ = try await restore.value
            await reader.close()
        }
    }

    @Test(
        "rows that break a foreign key since do not keep the table away: the key holds for new rows, and that is said")
    func violated() async throws {
        try await Self.with { fixture, set in
            try await fixture.server.psql(
                "DROP TABLE hen CASCADE; UPDATE egg SET hen = 7; DROP TABLE likes", database: fixture.database)
            let result = try await Self.restore(fixture, set, ["public.hen"])
            #expect(result.warnings.contains { $0.contains("VALIDATE CONSTRAINT \"egg_hen_fkey\"") })
            let keys = try await fixture.server.psql(
                "SELECT conname, convalidated FROM pg_constraint WHERE conname IN ('egg_hen_fkey', 'hen_egg_fkey') ORDER BY 1",
                database: fixture.database)
            #expect(keys == "egg_hen_fkey|f\nhen_egg_fkey|t")
            try await fixture.server.psql("DROP TABLE events CASCADE", database: fixture.database)
            let alone = try await Self.restore(fixture, set, ["public.likes"])
            #expect(alone.warnings.contains { $0.contains("public.events is not there") })
        }
    }

    @Test("grants are those of the set, not what the database would give a new table today")
    func grants() async throws {
        try await Self.with { fixture, set in
            let before = try await Self.lines(fixture)
            try await fixture.server.psql(
                "DROP TABLE plain; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC", database: fixture.database)
            try await Self.restore(fixture, set, ["public.plain"])
            try await fixture.server.psql(
                "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC", database: fixture.database)
            let after = try await Self.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test(
        "an archive that pg_dump wrote gives a table back, too, also as INSERT statements",
        arguments: [[], ["--inserts"]])
    func foreign(options: [String]) async throws {
        try await Self.with { fixture, _ in
            let before = try await Self.lines(fixture)
            let archive = try await fixture.archive(options)
            try await fixture.server.psql("DROP TABLE booking", database: fixture.database)
            try await fixture.restore(archive, into: fixture.database, creates: false) {
                $0.tables = [TableName(schema: "public", name: "booking")]
            }
            let after = try await Self.lines(fixture)
            #expect(RestoreFixture.difference(before, after) == [])
        }
    }

    @Test("a table that is not in the set: 66, with what is called alike; one of several schemas: 64")
    func names() async throws {
        try await Self.with("CREATE SCHEMA two; CREATE TABLE two.hen ();") { fixture, set in
            let missing = try await Self.refused(fixture, set, ["public.Plain"])
            #expect(missing.category == .notFound && missing.hint?.contains("public.plain") == true)
            let several = try await Self.refused(fixture, set, ["hen"])
            #expect(several.category == .usage && several.message.contains("two.hen"))
        }
    }

    @Test(
        "a database that is not UTF-8: names and rows come back byte for byte, beside and in the place of the old ones")
    func latin1() async throws {
        try await RestoreFixture.with { fixture in
            let name = "\(fixture.database)_latin"
            try await fixture.server.psql("CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
            try await fixture.server.psql(
                """
                SET client_encoding = 'UTF8';
                CREATE TABLE menu (id serial PRIMARY KEY, "prix é" text DEFAULT 'é' CONSTRAINT "né" CHECK ("prix é" <> 'ü'));
                INSERT INTO menu DEFAULT VALUES;
                COMMENT ON TABLE menu IS 'café';
                CREATE INDEX "indexé" ON menu ("prix é");
                """, database: name)
            let repository = LocalRepository("\(fixture.folder)/repo")
            let request = BackupRequest(
                server: fixture.url.setting("dbname", name), repository: repository,
                tools: .init(path: fixture.server.binaries.folder), run: .make(), dbctlVersion: "test",
                applicationName: "dbctl test")
            _ = try await BackupCreation(request).run()
            let made = try #require(SetCatalog(repository).sets(of: name).first)
            let folder = FoundSet(repository: repository, path: made).folder
            func dump() async throws -> [String] {
                try await fixture.tool("pg_dump", ["-E", "UTF8", name]).split(separator: "\n").map(String.init)
                    .filter { !$0.hasPrefix("\\") && !$0.hasPrefix("--") }.sorted()
            }
            func restore(_ change: (inout RestoreRequest) -> Void) async throws {
                try await fixture.restore(folder, into: name, creates: false) {
                    $0.tables = [TableName(schema: "public", name: "menu")]
                    change(&$0)
                }
            }
            let before = try await dump()
            try await fixture.server.psql("DROP TABLE menu", database: name)
            try await restore { _ in }
            #expect(RestoreFixture.difference(before, try await dump()) == [])
            try await fixture.server.psql(
                "SET client_encoding = 'UTF8'; UPDATE menu SET \"prix é\" = NULL", database: name)
            try await restore { $0.replaces = true }
            #expect(RestoreFixture.difference(before, try await dump()) == [])
            try await restore { $0.copyName = TableName("public.carte é") }
            let copy = try await fixture.server.psql(
                "SET client_encoding = 'UTF8'; SELECT \"prix é\" FROM \"carte é\"", database: name)
            #expect(copy == "é")
        }
    }
}
