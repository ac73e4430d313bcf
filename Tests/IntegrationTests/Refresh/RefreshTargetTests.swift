import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Refresh: what the target may be like, R7 R12 R14")
struct RefreshTargetTests {
    static let unusable: [(sql: String, reason: String)] = [
        ("", "has no unique index"),
        ("CREATE INDEX ON t (id)", "has no unique index"),
        ("CREATE UNIQUE INDEX ON t (id, n)", "has no unique index"),
        ("CREATE UNIQUE INDEX ON t ((id + 0))", "has no unique index"),
        ("CREATE UNIQUE INDEX ON t (id) WHERE n > 0", "partial"),
        ("ALTER TABLE t ADD UNIQUE (id) DEFERRABLE", "DEFERRABLE"),
        (
            "CREATE UNIQUE INDEX t_id ON t (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_id'::regclass",
            "INVALID"
        ),
        ("ALTER TABLE t ALTER id DROP NOT NULL; CREATE UNIQUE INDEX ON t (id)", "may be NULL"),
        (
            "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER TABLE t ALTER id TYPE text; CREATE UNIQUE INDEX ON t (id COLLATE ci)",
            "its collation takes other values of id for equal"
        ),
        ("ALTER TABLE t ALTER id DROP NOT NULL", "no unique index"),
    ]

    @Test(
        "R7 without a usable unique index nothing is read, and the command that builds one is said", arguments: unusable
    )
    func noUniqueIndex(_ unusable: (sql: String, reason: String)) async throws {
        try await RefreshFixture.with("CREATE TABLE t (id int NOT NULL, n int);\n\(unusable.sql)") { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("id,n\n1,1\n") {
                    $0.table = "t"
                    $0.key = ["id"]
                }
            }
            #expect(failure?.code == .refreshNoUniqueIndex && failure?.category == .guarded)
            #expect(failure?.message.contains(unusable.reason) == true, "\(failure?.message ?? "")")
            let hint = try #require(failure?.hint)
            #expect(hint.contains("dbctl index create public.t id --unique"))
            let nullable = "first as the owner: ALTER TABLE public.t ALTER COLUMN id SET NOT NULL; then: "
            #expect(hint.hasPrefix(nullable) == unusable.sql.contains("DROP NOT NULL"), "\(hint)")
        }
    }

    @Test(
        "R7 the hint is typed as it stands: names are quoted where they must be, and never CONCURRENTLY on partitions")
    func typedNames() async throws {
        let schema = """
            CREATE TABLE "N 11" ("K's" text NOT NULL, d date NOT NULL, close numeric);
            CREATE TABLE pn (k text NOT NULL, "order" date NOT NULL) PARTITION BY RANGE ("order");
            CREATE TABLE pe (k text NOT NULL) PARTITION BY LIST (lower(k));
            """
        try await RefreshFixture.with(schema) { fixture in
            func refusal(_ table: String, _ key: [String]) async -> String {
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.run("x\n1\n") {
                        $0.table = table
                        $0.key = key
                    }
                }
                return failure?.hint ?? ""
            }
            let odd = await refusal("\"N 11\"", ["K's", "d"])
            #expect(odd.hasPrefix(#"dbctl index create 'public."N 11"' '"K'\''s"' d --unique; or in psql: "#), "\(odd)")
            let statement = try #require(odd.split(separator: "in psql: ").last)
            try await fixture.database.psql(String(statement))
            #expect(await refusal("pn", ["k", "order"]) == #"dbctl index create public.pn k '"order"' --unique"#)
            #expect(await refusal("pn", ["k"]).contains("take order into the key (--key 'k,order'"))
            #expect(await refusal("pe", ["k"]).contains("no unique index of such a table"))
        }
    }

    @Test("R7 a unique index in any order of the key, or with NULLS NOT DISTINCT, will do")
    func usable() async throws {
        let schema = """
            CREATE TABLE t (a int NOT NULL, b int, n int); CREATE UNIQUE INDEX ON t (b, a) NULLS NOT DISTINCT;
            """
        try await RefreshFixture.with(schema) { fixture in
            let report = try await fixture.run("a,b,n\n1,1,1\n") {
                $0.table = "t"
                $0.key = ["a", "b"]
            }
            #expect(report.inserted == 1)
        }
    }

    static let noTables: [(sql: String, code: FailureCode)] = [
        ("CREATE VIEW prices AS SELECT 1 AS asset_id", .refreshNotATable),
        ("CREATE MATERIALIZED VIEW prices AS SELECT 1 AS asset_id", .refreshNotATable),
        (
            "CREATE TABLE prices (asset_id int, date date); CREATE RULE r AS ON INSERT TO prices DO INSTEAD NOTHING",
            .refreshNotATable
        ),
        ("CREATE TABLE other (n int)", .refreshTableNotFound),
    ]

    @Test("what is no table, or only looks like one, is refused", arguments: noTables)
    func noTable(_ target: (sql: String, code: FailureCode)) async throws {
        try await RefreshFixture.with(target.sql) { fixture in
            let failure = await #expect(throws: Failure.self) { try await fixture.run("asset_id,date\n1,2024-01-01\n") }
            #expect(failure?.code == target.code)
        }
    }

    static let partitioned = """
        CREATE TABLE prices (asset_id int, date date, close numeric(12, 4), PRIMARY KEY (asset_id, date)) PARTITION BY RANGE (date);
        CREATE TABLE prices_2024 PARTITION OF prices FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY HASH (asset_id);
        CREATE TABLE prices_2024_0 PARTITION OF prices_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE prices_2024_1 PARTITION OF prices_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE prices_2023 PARTITION OF prices FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
        """

    @Test("R12 a partitioned table is refreshed, and undone, over all of its partitions")
    func partitions() async throws {
        try await RefreshFixture.with(Self.partitioned) { fixture in
            let rows = (1...40).map { "\($0),202\(3 + $0 % 2)-01-06,\($0)\n" }.joined()
            #expect(try await fixture.run("asset_id,date,close\n" + rows).inserted == 40)
            let before = try await fixture.table()
            let changed = try await fixture.run(
                "asset_id,date,close\n"
                    + (1...40).map { "\($0),202\(3 + $0 % 2)-01-06,\($0 % 3 == 0 ? $0 + 1 : $0)\n" }.joined())
            #expect(changed.counts == "read 40 = 0 + 13 + 27 + 0 + 0 + 0")
            let undone = try await fixture.undo(try #require(changed.runID))
            #expect(undone.restored == 13)
            #expect(try await fixture.table() == before)
        }
    }

    @Test("R12 a missing partition is refused before anything is written, and named")
    func missingPartition() async throws {
        try await RefreshFixture.with(Self.partitioned) { fixture in
            let feed = "asset_id,date,close\n1,2024-01-01,1\n1,2022-02-02,1\n2,2022-02-02,1\n"
            let failure = await #expect(throws: Failure.self) { try await fixture.run(feed) }
            #expect(failure?.code == .refreshMissingPartition && failure?.category == .guarded)
            #expect(
                failure?.message.contains("2 new rows") == true && failure?.message.contains("date=2022-02-02") == true)
            #expect(failure?.hint?.contains("dbctl partition ensure --table public.prices") == true)
            #expect(try await fixture.table() == "")
            try await fixture.database.psql("CREATE TABLE prices_rest PARTITION OF prices DEFAULT")
            #expect(try await fixture.run(feed).inserted == 3)
        }
    }

    @Test("R12 generated columns follow, identity keys keep the feed's numbers, and a fed generated column is refused")
    func generated() async throws {
        let schema = """
            CREATE TABLE prices (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, close int, twice int GENERATED ALWAYS AS (close * 2) STORED);
            """
        try await RefreshFixture.with(schema) { fixture in
            _ = try await fixture.run("id,close\n7,1\n8,2\n") { $0.key = ["id"] }
            let second = try await fixture.run("id,close\n7,5\n8,2\n") { $0.key = ["id"] }
            #expect(second.counts == "read 2 = 0 + 1 + 1 + 0 + 0 + 0")
            #expect(try await fixture.table() == "7|5|10\n8|2|4")
            let undone = try await fixture.undo(try #require(second.runID))
            #expect(undone.restored == 1)
            #expect(try await fixture.table() == "7|1|2\n8|2|4")
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("id,close,twice\n7,5,10\n") { $0.key = ["id"] }
            }
            #expect(failure?.category == .data)
        }
    }

    @Test("R2 R12 rows that a trigger of the table drops are counted as suppressed")
    func suppressed() async throws {
        let trigger = """
            CREATE FUNCTION drop_even() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.volume IN (2, 4) THEN RETURN NULL; END IF; NEW.volume := NEW.volume + 10; RETURN NEW; END $$;
            CREATE TRIGGER t BEFORE INSERT OR UPDATE ON prices FOR EACH ROW EXECUTE FUNCTION drop_even();
            """
        try await RefreshFixture.with(RefreshFixture.schema + trigger) { fixture in
            let report = try await fixture.run(
                """
                asset_id,date,close,volume
                1,2024-01-01,100,2
                1,2024-01-02,101,3
                1,2024-01-03,102,1000
                3,2024-01-01,300,4
                3,2024-01-02,301,5
                """ + "\n")
            #expect(report.counts == "read 5 = 1 + 1 + 1 + 0 + 0 + 2")
            #expect(try await fixture.table().contains("1|2024-01-02|101.0000|13"))
            let undone = try await fixture.undo(try #require(report.runID), removesInserted: true)
            #expect(undone.removed == 1 && undone.edited == 0)
        }
    }

    @Test("R12 row-level security that hides rows is refused; a superuser is not hidden anything")
    func rowSecurity() async throws {
        try await RefreshFixture.with { fixture in
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql(
                """
                CREATE ROLE \(role) LOGIN; GRANT ALL ON prices TO \(role); GRANT CREATE ON DATABASE \(fixture.database.name) TO \(role);
                ALTER TABLE prices ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON prices USING (asset_id = 1);
                """)
            var refresh = try fixture.refresh(RefreshFixture.same)
            #expect(try await refresh.run().unchanged == 6)
            refresh.request.server.set("user", role)
            let failure = await #expect(throws: Failure.self) { try await refresh.run() }
            #expect(failure?.code == .refreshRowSecurity && failure?.category == .authentication)
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("R12 created_at is set once, updated_at moves only when a row really changes, and undo takes it back")
    func auditColumns() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, date date, close numeric(10, 2), created_at timestamptz, updated_at timestamptz,
                                 PRIMARY KEY (asset_id, date));
            INSERT INTO prices VALUES (1, '2024-01-01', 1, '2000-01-01Z', '2000-01-01Z'), (2, '2024-01-01', 2, '2000-01-01Z', '2000-01-01Z');
            """
        try await RefreshFixture.with(schema) { fixture in
            let before = try await fixture.table()
            let report = try await fixture.run("asset_id,date,close\n1,2024-01-01,1\n2,2024-01-01,3\n3,2024-01-01,3\n")
            #expect(report.counts == "read 3 = 1 + 1 + 1 + 0 + 0 + 0")
            let ages = try await fixture.database.psql(
                "SELECT asset_id, created_at > '2020-01-01', updated_at > '2020-01-01' FROM prices ORDER BY 1")
            #expect(ages == "1|f|f\n2|f|t\n3|t|t")
            _ = try await fixture.undo(try #require(report.runID), removesInserted: true)
            #expect(try await fixture.table() == before)
        }
    }

    @Test("R14 updates that were not HOT are said once, with the index or the fillfactor that is to blame")
    func hot() async throws {
        func schema(_ more: String) -> String {
            """
            CREATE TABLE prices (asset_id int, date date, close numeric(12, 4), PRIMARY KEY (asset_id, date))\(more);
            INSERT INTO prices SELECT a, '2024-01-01', a FROM generate_series(1, 2000) AS a;
            """
        }
        let feed = "asset_id,date,close\n" + (1...2000).map { "\($0),2024-01-01,\($0 + 1)\n" }.joined()
        try await RefreshFixture.with(schema("")) { fixture in
            let report = try await fixture.run(feed) { $0.guards.maximumJump = nil }
            let isSaid = report.warnings.contains { $0.contains("fillfactor = 85") }
            #expect(isSaid && report.warnings.count == 1)
        }
        try await RefreshFixture.with(schema(" WITH (fillfactor = 40)")) { fixture in
            #expect(try await fixture.run(feed) { $0.guards.maximumJump = nil }.warnings.isEmpty)
            try await fixture.database.psql("CREATE INDEX by_close ON prices (close)")
            let back = feed.replacing("2024-01-01,", with: "2024-01-01,1")
            let report = try await fixture.run(back) { $0.guards.maximumJump = nil }
            let isSaid = report.warnings.contains { $0.contains("by_close (close)") }
            #expect(isSaid)
        }
    }

    @Test("a column that must not be NULL and has no value is said before anything is written")
    func notFed() async throws {
        let schema = "CREATE TABLE prices (asset_id int, date date, source text NOT NULL, PRIMARY KEY (asset_id, date))"
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) { try await fixture.run("asset_id,date\n1,2024-01-01\n") }
            #expect(failure?.code == .refreshColumn && failure?.message.contains("source") == true)
        }
    }

    @Test("a lookup stores the key of the row that the feed names; a name that is not there is rejected with its line")
    func lookups() async throws {
        try await RefreshFixture.with { fixture in
            let feed = "symbol,date,close,volume\nAAA,2024-01-01,100,1000\nCCC,2024-01-01,300,1\nZZZ,2024-01-01,1,1\n"
            func refresh(_ rejected: Int) async throws -> RefreshReport {
                try await fixture.run(feed) {
                    $0.map["asset_id"] = FeedSource(
                        header: "symbol", lookup: FeedLookup(table: "assets", column: "symbol"))
                    $0.maximumRejected = rejected
                }
            }
            let refused = try await refresh(0)
            #expect(refused.failure?.code == .refreshRejected && refused.rejects.map(\.line) == [4])
            #expect(refused.rejects.first?.reason.contains("\"ZZZ\"") == true)
            let report = try await refresh(1)
            #expect(report.counts == "read 3 = 1 + 0 + 1 + 1 + 0 + 0")
            #expect(try await fixture.table().contains("3|2024-01-01|300.0000|1"))
        }
    }

    @Test(
        "rows that a foreign key or a check of the table does not allow are rejected with their lines, not the whole feed"
    )
    func constraints() async throws {
        let check = "ALTER TABLE prices ADD CONSTRAINT even CHECK (volume % 2 = 0);"
        try await RefreshFixture.with(RefreshFixture.schema + check) { fixture in
            let feed =
                "asset_id,date,close,volume\n3,2024-01-01,1,2\n9,2024-01-01,1,2\n3,2024-01-02,1,3\n3,2024-01-03,1,4\n"
            let report = try await fixture.run(feed) { $0.maximumRejected = 2 }
            #expect(report.counts == "read 4 = 2 + 0 + 0 + 2 + 0 + 0")
            let reasons = report.rejects.sorted { $0.line < $1.line }
            #expect(reasons.map(\.line) == [3, 4])
            #expect(reasons[0].reason.contains("assets (id)") && reasons[1].reason.contains("even"))
        }
    }

    @Test(
        "R5 keys that are equal only by the column's collation are one key: as they collapse, are refused, and are met")
    func looseKeys() async throws {
        let schema = """
            CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE t (k text COLLATE ci PRIMARY KEY, v int); INSERT INTO t VALUES ('b', 1);
            """
        try await RefreshFixture.with(schema) { fixture in
            func run(_ rows: String) async throws -> RefreshReport {
                try await fixture.run("k,v\n" + rows) {
                    $0.table = "t"
                    $0.key = ["k"]
                }
            }
            let first = try await run("a,1\nA,1\nB,2\n")
            #expect(first.counts == "read 3 = 1 + 1 + 0 + 0 + 1 + 0")
            let conflict = await #expect(throws: Failure.self) { try await run("c,1\nC,2\n") }
            #expect(conflict?.code == .refreshDuplicates, "\(String(describing: conflict))")
            #expect(conflict?.message.contains("(k=c) line 2, line 3") == true, "\(conflict?.message ?? "")")
            let second = try await run("b,3\n")
            for id in [second.runID, first.runID] {
                #expect(try await fixture.undo(try #require(id)).restored == 1)
            }
            #expect(try await fixture.table("t").contains("b|1"))
            // An index that is stricter than the key's is the server's to keep, as any other constraint.
            try await fixture.database.psql(
                "DROP TABLE t; CREATE TABLE t (k text PRIMARY KEY, v int); CREATE UNIQUE INDEX strict ON t (k COLLATE ci)"
            )
            let strict = await #expect(throws: PostgresError.self) { try await run("a,1\nA,2\n") }
            #expect(strict?.constraint == "strict", "\(String(describing: strict))")
        }
    }

    @Test("types without an equality, or with a loose one, are compared by their texts")
    func comparisons() async throws {
        let schema = """
            CREATE EXTENSION citext;
            CREATE TABLE prices (asset_id int PRIMARY KEY, name citext, place point, doc json, tags text[], note text);
            INSERT INTO prices VALUES (1, 'Abc', '(1,2)', '{"a": 1}', '{x,y}', 'é'), (2, 'Abc', '(1,2)', '{"a": 1}', '{x,y}', 'é');
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = """
                asset_id,name,place,doc,tags,note
                1,Abc,"(1,2)","{""a"": 1}","{x,y}",é
                2,ABC,"(1,2)","{""a"": 1}","{x,y}",é

                """
            let report = try await fixture.run(feed) { $0.key = ["asset_id"] }
            #expect(report.counts == "read 2 = 0 + 1 + 1 + 0 + 0 + 0")
            #expect(try await fixture.database.psql("SELECT name FROM prices ORDER BY asset_id") == "Abc\nABC")
        }
    }
}

@Suite("Refresh: targets that have surprised somebody")
struct RefreshSurpriseTests {
    @Test(
        "keys that only the server finds equal are duplicates all the same, also across batches", arguments: [1, 100])
    func equalKeys(batch: Int) async throws {
        let schema = "CREATE TABLE prices (symbol char(8) PRIMARY KEY, close int)"
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("symbol,close\nAAPL,1\n\"AAPL \",2\n") {
                    $0.key = ["symbol"]
                    $0.batch = batch
                }
            }
            #expect(failure?.code == .refreshDuplicates)
            let table = try await fixture.table()
            #expect(table.isEmpty)
        }
    }

    @Test("a lookup of numbers finds the same row for 100 and 0100")
    func equalLookups() async throws {
        let schema = """
            CREATE TABLE assets (id int PRIMARY KEY, code int UNIQUE); INSERT INTO assets VALUES (1, 100);
            CREATE TABLE prices (asset_id int PRIMARY KEY REFERENCES assets, close int);
            """
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("code,close\n100,1\n0100,2\n") {
                    $0.key = ["asset_id"]
                    $0.map["asset_id"] = FeedSource(header: "code", lookup: FeedLookup(table: "assets", column: "code"))
                }
            }
            #expect(failure?.code == .refreshDuplicates)
        }
    }

    @Test("R12 a partitioned table without a partition is 80 as well")
    func noPartition() async throws {
        let schema =
            "CREATE TABLE prices (asset_id int, date date, close int, PRIMARY KEY (asset_id, date)) PARTITION BY RANGE (date)"
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("asset_id,date,close\n1,2024-01-01,1\n")
            }
            #expect(failure?.code == .refreshMissingPartition && failure?.category == .guarded)
        }
    }

    @Test("a row may come with the one that it refers to")
    func selfReference() async throws {
        try await RefreshFixture.with("CREATE TABLE prices (asset_id int PRIMARY KEY, parent int REFERENCES prices)") {
            fixture in
            let report = try await fixture.run("asset_id,parent\n1,\n2,1\n") { $0.key = ["asset_id"] }
            #expect(report.inserted == 2)
        }
    }

    @Test("columns may have any name, checked or not")
    func names() async throws {
        let schema = """
            CREATE TABLE prices (n2 int PRIMARY KEY, line int CHECK (line > 0), file int, "our 0" int CHECK ("our 0" < n2), refused int,
                                 "Weird, name" int, CHECK (file < line));
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed =
                "n2,line,file,our 0,refused,\"Weird, name\"\n5,2,1,3,4,9\n6,0,1,3,4,9\n7,3,2,7,4,9\n8,1,1,1,1,1\n"
            let report = try await fixture.run(feed) {
                $0.key = ["n2"]
                $0.maximumRejected = 3
            }
            #expect(report.counts == "read 4 = 1 + 0 + 0 + 3 + 0 + 0")
            #expect(try await fixture.table() == "5|2|1|3|4|9")
        }
    }

    @Test("a table from which others inherit is refused: its unique index does not know their rows")
    func inheritance() async throws {
        let schema =
            "CREATE TABLE prices (asset_id int PRIMARY KEY, close int); CREATE TABLE child () INHERITS (prices)"
        try await RefreshFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.run("asset_id,close\n1,1\n") { $0.key = ["asset_id"] }
            }
            #expect(failure?.code == .refreshNotATable)
        }
    }

    @Test("prices of any size are compared without an error")
    func overflow() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int PRIMARY KEY, close float8);
            INSERT INTO prices VALUES (1, 1e-300), (2, 'NaN'), (3, 100), (4, 0);
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = "asset_id,close\n1,1e300\n2,5\n3,110\n4,7\n"
            let held = try await fixture.run(feed) { $0.key = ["asset_id"] }
            #expect(held.failure?.code == .refreshGuard && held.findings.first?.rows == 1)
            let report = try await fixture.run(feed) {
                $0.key = ["asset_id"]
                $0.guards.allowed = ["1"]
            }
            #expect(report.updated == 4 && report.moves.first?.key == ["3"])
        }
    }

    /// Six rows in batches of two, of which the last one cannot be written.
    private static func cutOff(
        _ body: (
            RefreshFixture, RefreshReport, _ refresh: (_ change: (inout FeedDefinition) -> Void) throws -> RefreshRun
        )
            async throws -> Void
    ) async throws {
        let schema = """
            CREATE TABLE prices (asset_id int PRIMARY KEY, close int, volume int);
            INSERT INTO prices SELECT a, a, a FROM generate_series(1, 6) AS a;
            """
        try await RefreshFixture.with(schema) { fixture in
            let holder = try await Connection.open(
                fixture.database.parameters, settings: SessionSettings(applicationName: "holder"))
            try await holder.run { session in
                try session.execute("BEGIN")
                try session.execute("SELECT 1 FROM public.prices WHERE asset_id = 5 FOR UPDATE")
            }
            let feed = "asset_id,close,volume\n" + (1...6).map { "\($0),\($0 + 1),\($0 + 1)\n" }.joined()
            func refresh(_ change: (inout FeedDefinition) -> Void) throws -> RefreshRun {
                var refresh = try fixture.refresh(feed) {
                    $0.key = ["asset_id"]
                    $0.batch = 2
                    change(&$0)
                }
                refresh.request.wait = .milliseconds(100)
                return refresh
            }
            let first = try await refresh { _ in }.run()
            #expect(first.failure?.code == .refreshPartial && first.failure?.category == .partial)
            #expect(first.batches == 2 && first.updated == 4)
            let history = try await RefreshHistory(fixture.request()).show(try #require(first.runID), limit: 1).run
            #expect(history.state == .partial && history.updated == 4 && history.unchanged == 0)
            #expect(first.pending == 2 && history.pending == 2)
            #expect(first.failure?.detail?.contains("2 records are not written yet") == true)
            try await holder.run { try $0.execute("ROLLBACK") }
            await holder.close()
            try await body(fixture, first, refresh)
        }
    }

    @Test("R8 R11 a rerun with other columns is a run of its own, and both are undone")
    func resumedWithOtherColumns() async throws {
        try await Self.cutOff { fixture, first, refresh in
            let second = try await refresh { $0.columns = ["asset_id", "close"] }.run()
            let records = try await RefreshHistory(fixture.request()).list(feed: nil, table: nil, limit: 5).runs
            #expect(records.map(\.pending) == [0, 2] && records.map(\.unchanged) == [4, 0])
            #expect(second.runID != first.runID && second.updated == 2)
            for run in [second.runID, first.runID] { _ = try await fixture.undo(try #require(run)) }
            #expect(try await fixture.table() == (1...6).map { "\($0)|\($0)|\($0)" }.joined(separator: "\n"))
        }
    }

    @Test("R6 R11 a rerun that a guard refuses says what is in since the run that was cut off")
    func resumptionRefused() async throws {
        try await Self.cutOff { fixture, first, refresh in
            let cutOff = try #require(first.runID)
            let refused = try await refresh { $0.guards.maximumJump = 1.1 }.run()
            #expect(refused.failure?.category == .guarded && !refused.isApplied)
            let detail = try #require(refused.failure?.detail)
            #expect(detail.contains("2 batches of the same feed are in since run \(cutOff)"), "\(detail)")
            let other = try await refresh {
                $0.columns = ["asset_id", "close"]
                $0.guards.maximumJump = 1.1
            }.run()
            #expect(other.failure?.detail?.contains(cutOff) == false, "of another selection of columns nothing is in")
        }
    }

    @Test("R8 an undo that stops between its transactions is 81, and goes on")
    func undoStops() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int PRIMARY KEY, close int);
            INSERT INTO prices SELECT a, a FROM generate_series(1, 6) AS a;
            """
        try await RefreshFixture.with(schema) { fixture in
            let before = try await fixture.table()
            let report = try await fixture.run("asset_id,close\n" + (1...6).map { "\($0),\($0 + 1)\n" }.joined()) {
                $0.key = ["asset_id"]
                $0.batch = 2
            }
            let run = try #require(report.runID)
            let holder = try await Connection.open(
                fixture.database.parameters, settings: SessionSettings(applicationName: "holder"))
            try await holder.run { session in
                try session.execute("BEGIN")
                try session.execute("SELECT 1 FROM public.prices WHERE asset_id = 1 FOR UPDATE")
            }
            let request = fixture.request { $0.wait = .milliseconds(100) }
            let failure = await #expect(throws: Failure.self) {
                try await RefreshUndo(request, runPrefix: run, removesInserted: false).run()
            }
            #expect(failure?.code == .refreshPartial && failure?.category == .partial)
            try await holder.run { try $0.execute("ROLLBACK") }
            await holder.close()
            let shown = try await RefreshHistory(fixture.request()).show(run, limit: 1)
            #expect(shown.run.state == .partlyUndone)
            #expect(try await fixture.undo(run).restored == 2)
            #expect(try await fixture.table() == before)
        }
    }
}

@Suite("Refresh: where rejected records may go, R3")
struct RefreshRejectedFileTests {
    @Test("a file of the feed, a pipe or a folder is never written over")
    func neverOver() async throws {
        try await RefreshFixture.with { fixture in
            let feed = "asset_id,date,close,volume\n1,2024-01-01,x,1\n"
            let path = try fixture.write(feed)
            #expect(unsafe mkfifo("\(fixture.folder)/pipe", 0o600) == 0)
            for (name, category) in [
                ("feed.csv", Failure.Category.usage), ("./feed.csv", .usage), ("pipe", .cannotCreate),
                ("", .cannotCreate),
            ] {
                var refresh = try fixture.refresh()
                refresh.rejectedFile = "\(fixture.folder)/\(name)"
                let failure = await #expect(throws: Failure.self) { try await refresh.run() }
                #expect(failure?.category == category, "\(name): \(String(describing: failure))")
            }
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text == feed)
            try FileManager.default.createSymbolicLink(
                atPath: "\(fixture.folder)/link.csv", withDestinationPath: "refused.csv")
            var refresh = try fixture.refresh()
            refresh.rejectedFile = "\(fixture.folder)/link.csv"
            _ = try? await refresh.run()
            #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/refused.csv"), "a link is followed")
        }
    }
}
