import DBKit
import TestSupport
import Testing

@Suite("Refresh: what is written, R1 R2 R5 R8")
struct RefreshRunTests {
    @Test("R1 the same file twice changes nothing: no row, no sequence value, no log to speak of")
    func twice() async throws {
        let schema = """
            CREATE TABLE prices (id bigserial, asset_id int, date date, close numeric(10, 2), PRIMARY KEY (asset_id, date));
            """
        try await RefreshFixture.with(schema) { fixture in
            let feed = "asset_id,date,close\n" + (1...500).map { "\($0),2024-01-02,10.125\n" }.joined()
            let first = try await fixture.run(feed)
            #expect(first.counts == "read 500 = 500 + 0 + 0 + 0 + 0 + 0")
            let before = try await fixture.database.psql(
                "SELECT last_value FROM prices_id_seq; SELECT sum(xmin::text::bigint) FROM prices; SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'prices'"
            )
            let second = try await fixture.run(feed)
            #expect(second.counts == "read 500 = 0 + 0 + 500 + 0 + 0 + 0")
            let after = try await fixture.database.psql(
                "SELECT last_value FROM prices_id_seq; SELECT sum(xmin::text::bigint) FROM prices; SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'prices'"
            )
            #expect(before == after)
            #expect(try await fixture.table().hasPrefix("1|1|2024-01-02|10.13"))
        }
    }

    @Test("R1 a million unchanged rows would cost less than a megabyte of log, also with checksums once they were read")
    func log() async throws {
        try await TestServer.withSandbox(settings: ["autovacuum": "off"]) { server in
            try await server.psql(
                """
                CREATE TABLE prices (asset_id int, date date, close float8, volume bigint, PRIMARY KEY (asset_id, date));
                INSERT INTO prices SELECT a, '2024-01-01', a, 1 FROM generate_series(1, 50000) AS a; VACUUM prices;
                """)
            try await withTemporaryFolder { folder in
                let fixture = RefreshFixture(database: TestDatabase(name: "postgres", server: server), folder: folder)
                let feed = "asset_id,date,close,volume\n" + (1...50000).map { "\($0),2024-01-01,\($0),1\n" }.joined()
                try await fixture.run(feed)
                let before = try await server.psql("SELECT pg_current_wal_insert_lsn()")
                let report = try await fixture.run()
                #expect(report.counts == "read 50000 = 0 + 0 + 50000 + 0 + 0 + 0")
                let bytes = try await server.psql(
                    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '\(before)')::bigint")
                #expect(try #require(Int(bytes)) < 1 << 20)
                #expect(report.hintBitsWalBytes == 0)
            }
        }
    }

    @Test("R2 new, changed and unchanged rows are told apart, and nothing is deleted")
    func delta() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await fixture.run(
                """
                asset_id,date,close,volume
                1,2024-01-01,100.0000,1000
                1,2024-01-02,101.5,1000
                3,2024-01-01,300,
                """ + "\n")
            #expect(report.counts == "read 3 = 1 + 1 + 1 + 0 + 0 + 0")
            #expect(
                try await fixture.table() == """
                    1|2024-01-01|100.0000|1000
                    1|2024-01-02|101.5000|1000
                    1|2024-01-03|102.0000|1000
                    2|2024-01-01|200.0000|1000
                    2|2024-01-02|201.0000|1000
                    2|2024-01-03|202.0000|1000
                    3|2024-01-01|300.0000|
                    """)
            #expect(report.moves.map(\.column) == ["close"])
            #expect(report.moves.first?.key == ["1", "2024-01-02"])
            #expect(report.moves.first?.before == "101.0000" && report.moves.first?.after == "101.5000")
        }
    }

    @Test("R8 undo puts back what stood there, and deletes what was inserted only when asked to")
    func undo() async throws {
        try await RefreshFixture.with { fixture in
            let before = try await fixture.table()
            let report = try await fixture.run(
                "asset_id,date,close,volume\n1,2024-01-02,101.5,\n2,2024-01-01,200,7\n3,2024-01-01,300,1\n")
            let run = try #require(report.runID)
            #expect(report.counts == "read 3 = 1 + 2 + 0 + 0 + 0 + 0")
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: true).plan()
            #expect(plan.isDryRun && plan.restored == 2 && plan.removed == 1 && plan.edited == 0)
            #expect(try await fixture.table() != before)
            let undone = try await fixture.undo(run)
            #expect(undone.restored == 2 && undone.removed == 0 && undone.kept == 1 && undone.edited == 0)
            #expect(try await fixture.table() == before + "\n3|2024-01-01|300.0000|1")
            let rest = try await fixture.undo(run, removesInserted: true)
            #expect(rest.restored == 0 && rest.removed == 1)
            #expect(try await fixture.table() == before)
        }
    }

    @Test("R8 a row that was edited since is left as it is, and listed")
    func editedSince() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await fixture.run(
                "asset_id,date,close,volume\n1,2024-01-01,110,1000\n1,2024-01-02,111,1000\n2,2024-01-01,220,1000\n3,2024-01-01,300,1\n"
            )
            let run = try #require(report.runID)
            try await fixture.database.psql(
                "UPDATE prices SET close = 5 WHERE asset_id = 1 AND date = '2024-01-02'; DELETE FROM prices WHERE asset_id = 2 AND date = '2024-01-01'; UPDATE prices SET volume = 2 WHERE asset_id = 3"
            )
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: true).plan()
            let undone = try await fixture.undo(run, removesInserted: true)
            for report in [plan, undone] {
                #expect(report.restored == 1 && report.removed == 0 && report.edited == 3)
                #expect(report.editedKeys.map { $0[0] }.sorted() == ["1", "2", "3"])
            }
            #expect(
                try await fixture.database.psql(
                    "SELECT asset_id, date, close FROM prices WHERE asset_id = 1 ORDER BY 2")
                    == "1|2024-01-01|100.0000\n1|2024-01-02|5.0000\n1|2024-01-03|102.0000")
        }
    }

    @Test("R5 identical records collapse, conflicting ones are refused with their lines, --dup last takes the last")
    func duplicates() async throws {
        try await RefreshFixture.with { fixture in
            let identical =
                "asset_id,date,close,volume\n3,2024-01-01,300,1\n3,2024-01-02,301,1\n3,2024-01-01,300.00,1\n"
            let collapsed = try await fixture.run(identical)
            #expect(collapsed.counts == "read 3 = 2 + 0 + 0 + 0 + 1 + 0")
            await #expect(throws: Failure.self) { try await fixture.run(identical) { $0.duplicates = .refuse } }
            let conflicting = "asset_id,date,close,volume\n3,2024-01-01,300,1\n3,2024-01-02,301,1\n3,2024-01-01,310,1\n"
            let failure = await #expect(throws: Failure.self) { try await fixture.run(conflicting) }
            #expect(failure?.code == .refreshDuplicates && failure?.category == .data)
            #expect(failure?.message.contains("asset_id=3, date=2024-01-01") == true)
            #expect(failure?.message.contains("line 2, line 4") == true, "\(String(describing: failure))")
            let last = try await fixture.run(conflicting) { $0.duplicates = .last }
            #expect(last.counts == "read 3 = 0 + 1 + 1 + 0 + 1 + 0")
            #expect(try await fixture.table().contains("3|2024-01-01|310.0000|1"))
        }
    }

    @Test("plan says what run would do, and leaves no trace")
    func plan() async throws {
        try await RefreshFixture.with { fixture in
            let before = try await fixture.table()
            let feed = "asset_id,date,close,volume\n1,2024-01-02,101.5,1000\n3,2024-01-01,300,1\nx,2024-01-01,1,1\n"
            let plan = try await fixture.plan(feed) { $0.maximumRejected = 1 }
            #expect(plan.counts == "read 3 = 1 + 1 + 0 + 1 + 0 + 0" && plan.isDryRun)
            #expect(try await fixture.table() == before)
            #expect(try await fixture.database.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'dbctl'") == "0")
            let run = try await fixture.run { $0.maximumRejected = 1 }
            #expect(run.counts == plan.counts && run.moves == plan.moves)
        }
    }

    @Test("a run leaves no table but the history behind, and removes what an interrupted one left")
    func sweep() async throws {
        try await RefreshFixture.with { fixture in
            try await fixture.run(RefreshFixture.same)
            try await fixture.database.psql(
                "CREATE UNLOGGED TABLE dbctl.refresh_staging_4242 (n int); CREATE UNLOGGED TABLE dbctl.refresh_delta_4242 (n int)"
            )
            try await fixture.run(RefreshFixture.same)
            let tables = try await fixture.database.psql(
                "SELECT relname FROM pg_class WHERE relnamespace = 'dbctl'::regnamespace AND relkind = 'r' ORDER BY 1")
            #expect(tables == "operations\nrefresh_assets\nrefresh_changes\nrefresh_runs")
        }
    }
}
