import DBKit
import Foundation
import TestSupport
import Testing

/// `restore --data-only`, into tables that are there.
@Suite struct DataOnlyTests {
    private static let tables = """
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE TABLE a_order (id integer PRIMARY KEY, customer integer NOT NULL, at timestamptz);
        CREATE TABLE b_customer (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, mood mood,
            twice integer GENERATED ALWAYS AS (length(name) * 2) STORED);
        ALTER TABLE a_order ADD CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES b_customer;
        CREATE TABLE employee (id integer PRIMARY KEY, boss integer REFERENCES employee, team integer);
        CREATE TABLE team (id integer PRIMARY KEY, lead integer REFERENCES employee);
        ALTER TABLE employee ADD CONSTRAINT in_team FOREIGN KEY (team) REFERENCES team;
        CREATE TABLE event (id integer, parent integer, m mood, PRIMARY KEY (id, m)) PARTITION BY HASH (m);
        CREATE TABLE event_0 PARTITION OF event FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE event_1 PARTITION OF event FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE node (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
        CREATE TABLE node_low PARTITION OF node FOR VALUES FROM (0) TO (100);
        CREATE TABLE node_high PARTITION OF node FOR VALUES FROM (100) TO (200);
        ALTER TABLE node ADD CONSTRAINT above FOREIGN KEY (up) REFERENCES node;
        CREATE TABLE log (what text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.log VALUES ('fired'); RETURN NEW; END $$;
        CREATE TRIGGER noting AFTER INSERT ON a_order FOR EACH ROW EXECUTE FUNCTION note();
        CREATE TRIGGER always AFTER INSERT ON a_order FOR EACH ROW EXECUTE FUNCTION note();
        ALTER TABLE a_order ENABLE ALWAYS TRIGGER always;
        CREATE TRIGGER off AFTER INSERT ON a_order FOR EACH ROW EXECUTE FUNCTION note();
        ALTER TABLE a_order DISABLE TRIGGER off;
        CREATE TRIGGER noting AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION note();
        CREATE SEQUENCE s;
        CREATE TABLE empty ();
        CREATE MATERIALIZED VIEW happy AS SELECT count(*) FROM b_customer WHERE mood = 'happy';
        """

    private static let rows = """
        INSERT INTO b_customer (name, mood) SELECT 'c' || g, CASE WHEN g % 2 = 0 THEN 'happy' ELSE 'sad' END::mood
            FROM generate_series(1, 50) AS g;
        INSERT INTO a_order SELECT g, 1 + g % 50, now() FROM generate_series(1, 500) AS g;
        INSERT INTO team SELECT g, NULL FROM generate_series(1, 3) AS g;
        INSERT INTO employee SELECT g, nullif(g + 1, 10), 1 + g % 3 FROM generate_series(9, 1, -1) AS g;
        UPDATE team SET lead = id;
        INSERT INTO event SELECT g, NULL, CASE WHEN g % 2 = 0 THEN 'happy' ELSE 'sad' END::mood
            FROM generate_series(1, 40) AS g;
        INSERT INTO node SELECT g, (g + 100) % 200 FROM generate_series(1, 150) AS g WHERE (g + 100) % 200 BETWEEN 1 AND 150;
        SELECT setval('s', 4711);
        REFRESH MATERIALIZED VIEW happy;
        SELECT lo_from_bytea(61001, 'a large object');
        TRUNCATE log;
        """

    /// A set of a database with rows, and a second database with the same tables, empty.
    private static func with(
        major: Int = 15, _ change: (inout BackupRequest) -> Void = { _ in },
        _ body: (DataOnly) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase(major: major) { source in
            try await source.psql(tables + rows)
            try await TestServer.withDatabase(major: major) { target in
                try await target.psql(tables)
                try await BackupFixture.with { fixture in
                    let set = try await fixture.create(source.url, tools: source.server.binaries.folder) {
                        change(&$0)
                    }
                    try await body(DataOnly(source: source, target: target, set: set))
                }
            }
        }
    }

    struct DataOnly {
        let source: TestDatabase
        let target: TestDatabase
        let set: MadeSet

        @discardableResult
        func restore(_ change: (inout RestoreRequest) -> Void = { _ in }) async throws -> RestoreResult {
            var request = RestoreRequest(source: set.folder, into: target.name)
            request.scope = .dataOnly
            request.lockTimeout = .milliseconds(100)
            request.lockTries = 3
            change(&request)
            return try await DatabaseRestore(request, on: target.parameters, run: .make())()
        }

        func refused(_ change: (inout RestoreRequest) -> Void = { _ in }) async throws -> Failure {
            let before = try await state()
            let failure = await #expect(throws: Failure.self) { try await restore(change) }
            #expect(try await state() == before)
            return try #require(failure)
        }

        /// What there is, but for rows: keys and triggers as they are.
        static let definitions = """
            SELECT conname, condeferrable, condeferred, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2;
            SELECT tgrelid::regclass, tgname, tgenabled, tgdeferrable FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2;
            """

        func state() async throws -> String {
            try await target.psql(
                Self.definitions
                    + """
                    SELECT count(*) FROM a_order; SELECT count(*) FROM b_customer; SELECT count(*) FROM employee;
                    SELECT last_value FROM s; SELECT count(*) FROM pg_largeobject_metadata;
                    """)
        }
    }

    @Test(
        "all rows come, whatever keys ask for, with sequences, views, large objects; triggers stay silent and as before",
        arguments: TestServer.majors)
    func whole(major: Int) async throws {
        try await Self.with(major: major) { test in
            let before = try await test.target.psql(DataOnly.definitions)
            let result = try await test.restore()
            #expect(try await test.set.manifest.differences(from: test.target.url) == [])
            #expect(try await test.target.psql(DataOnly.definitions) == before)
            #expect(try await test.target.psql("SELECT count(*) FROM log") == "0")
            #expect(result.warnings.contains { $0.contains("always on public.a_order") }, "\(result.warnings)")
            #expect(!result.warnings.contains { $0.contains("trigger off") || $0.contains(", off on") })
            #expect(try await test.target.psql("SELECT last_value FROM s") == "4711")
            #expect(try await test.target.psql("SELECT count FROM happy") == "25")
            #expect(try await test.target.psql("SELECT convert_from(lo_get(61001), 'UTF8')") == "a large object")
            // The identity goes on behind the rows that came; keys hold as before.
            #expect(
                try await test.target.psql("INSERT INTO b_customer (name) VALUES ('new') RETURNING id; ").hasPrefix(
                    "51"))
            await #expect(throws: (any Error).self) { try await test.target.psql("INSERT INTO team VALUES (9, 999)") }
            #expect(result.rows == test.set.manifest.tables.reduce(0) { $0 + $1.rows })
        }
    }

    @Test("a role that is no superuser, but owns the tables, may do it")
    func owner() async throws {
        try await Self.with { test in
            let role = TestServer.uniqueName("owner")
            try await test.target.psql(
                """
                CREATE ROLE \(role) LOGIN;
                DO $$ DECLARE t record; BEGIN
                    FOR t IN SELECT oid::regclass AS name FROM pg_class WHERE oid >= 16384 AND relkind IN ('r','p','S','m')
                        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'i')
                            AND relkind = 'S')
                    LOOP EXECUTE format('ALTER TABLE %s OWNER TO \(role)', t.name); END LOOP;
                END $$;
                GRANT ALL ON SCHEMA public TO \(role);
                """)
            try await finally {
                var request = RestoreRequest(source: test.set.folder, into: test.target.name)
                request.scope = .dataOnly
                request.skipsOwners = true
                let result = try await DatabaseRestore(
                    request, on: test.target.parameters.setting("user", role), run: .make())()
                #expect(result.rows > 0)
                #expect(try await test.set.manifest.differences(from: test.target.url) == [])
            } cleanUp: {
                try await test.target.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test("binary rows into columns of another type: 65 naming all of them, before anything is loaded; text goes in")
    func types() async throws {
        try await Self.with { test in
            try await test.target.psql(
                "ALTER TABLE b_customer DROP COLUMN twice; ALTER TABLE b_customer ALTER name TYPE varchar(9); "
                    + "ALTER TABLE b_customer ADD COLUMN twice integer GENERATED ALWAYS AS (1) STORED; "
                    + "ALTER TABLE team ALTER COLUMN lead TYPE bigint")
            let failure = try await test.refused()
            #expect(failure.code == .restoreColumnType && failure.category == .data)
            for part in [
                "public.b_customer.name (text, here character varying(9))", "public.team.lead (integer, here bigint)",
            ] {
                #expect(failure.message.contains(part), "\(failure)")
            }
        }
        try await Self.with({ $0.copyFormat = .text }) { test in
            try await test.target.psql("ALTER TABLE team ALTER COLUMN lead TYPE bigint")
            try await test.restore()
            #expect(try await test.target.psql("SELECT sum(lead) FROM team") == "6")
        }
    }

    @Test("tables and columns that are missing are all listed: 78; tables with rows: 73 naming all of them")
    func refusals() async throws {
        try await Self.with { test in
            try await test.target.psql("INSERT INTO empty DEFAULT VALUES; INSERT INTO node VALUES (1, NULL)")
            let full = try await test.refused()
            #expect(full.code == .restoreRowsExist && full.category == .cannotCreate)
            #expect(full.message.hasSuffix("public.empty, public.node_low"), "\(full)")
            try await test.target.psql(
                "DROP TABLE empty; ALTER TABLE team DROP COLUMN lead; ALTER SEQUENCE s RENAME TO other")
            let missing = try await { () async throws -> Failure? in
                await #expect(throws: Failure.self) { try await test.restore() }
            }()
            #expect(missing?.code == .restoreRequirements)
            for part in ["table public.empty", "column public.team.lead", "sequence public.s"] {
                #expect(missing?.message.contains(part) == true, "\(String(describing: missing))")
            }
        }
    }

    @Test(
        "rows that break a key, at once or at the end of a circle, undo everything, and keys and triggers are as before"
    )
    func brokenRows() async throws {
        try await Self.with { test in
            try await test.target.psql("ALTER TABLE employee ADD CONSTRAINT young CHECK (id < 5)")
            let failure = try await test.refused()
            #expect(failure.code == .restoreStatement && failure.detail?.contains("Nothing was changed") == true)
            // A key that the rows in a circle cannot hold: checked when all of them are there.
            try await test.target.psql(
                "ALTER TABLE employee DROP CONSTRAINT young; "
                    + "ALTER TABLE employee ADD CONSTRAINT odd FOREIGN KEY (id) REFERENCES team")
            let broken = try await test.refused()
            #expect(
                broken.code == .restoreStatement && broken.message.contains("“odd”")
                    || broken.message.contains("\"odd\""))
            #expect(broken.detail?.contains("Nothing was changed") == true, "\(broken)")
        }
    }

    @Test("--table and --schema choose; other tables and their sequences are left alone")
    func chosen() async throws {
        try await Self.with { test in
            try await test.restore { $0.tables = [TableName(schema: "public", name: "b_customer")] }
            #expect(try await test.target.psql("SELECT count(*) FROM b_customer; SELECT count(*) FROM team") == "50\n0")
            #expect(try await test.target.psql("SELECT last_value, is_called FROM s") == "1|f")
            let again = try await test.refused { $0.schemas = ["public"] }
            #expect(again.message.contains("public.b_customer"))
            try await test.target.psql("TRUNCATE b_customer CASCADE")
            try await test.restore { $0.schemas = ["public"] }
            #expect(try await test.set.manifest.differences(from: test.target.url) == [])
        }
    }

    @Test("a dry run says in which order, and changes nothing; a table in use is 75 naming who uses it")
    func dryRunAndBusy() async throws {
        try await Self.with { test in
            let before = try await test.state()
            let steps = try #require(try await test.restore { $0.isDryRun = true }.steps)
            #expect(try await test.state() == before)
            let customers = try #require(steps.firstIndex { $0.contains("b_customer (") })
            let orders = try #require(steps.firstIndex { $0.contains("a_order (") })
            #expect(customers < orders, "\(steps)")
            #expect(steps.contains { $0.contains("check foreign key above of public.node at the end") }, "\(steps)")
            let holder = try await Connection.open(test.target.parameters, settings: .init(applicationName: "shop"))
            try await holder.run { session in
                try session.execute("BEGIN")
                try session.execute("LOCK TABLE public.team IN ROW EXCLUSIVE MODE")
            }
            let busy = try await test.refused()
            await holder.close()
            #expect(busy.code == .restoreTableBusy && busy.category == .busy, "\(busy)")
        }
    }
}
