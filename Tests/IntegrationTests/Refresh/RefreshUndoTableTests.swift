import DBKit
import TestSupport
import Testing

@Suite("Refresh: an undo writes into the table that the run wrote, or into none, R8")
struct RefreshUndoTableTests {
    private static let feed = "asset_id,date,close,volume\n1,2024-01-01,110,1000\n2,2024-01-01,220,1000\n"

    private static func with(_ body: (RefreshFixture, _ run: String) async throws -> Void) async throws {
        try await RefreshFixture.with { fixture in
            try await body(fixture, try #require(try await fixture.run(Self.feed).runID))
        }
    }

    private static func record(_ run: String, _ fixture: RefreshFixture) async throws -> RefreshRunRecord {
        let history = try await RefreshHistory(fixture.request()).list(feed: nil, table: nil, limit: 10)
        let shown = try await RefreshHistory(fixture.request()).show(run, limit: 1).run
        let listed = try #require(history.runs.first { $0.runID == run })
        #expect(listed.isUndoable == shown.isUndoable && listed.tableNow == shown.tableNow)
        return shown
    }

    /// By the dry run as by the undo itself.
    private static func refusal(_ run: String, _ fixture: RefreshFixture) async throws -> Failure {
        let undo = RefreshUndo(fixture.request(), runPrefix: run, removesInserted: false)
        let dry = await #expect(throws: Failure.self) { try await undo.plan() }
        let wet = await #expect(throws: Failure.self) { try await undo.run() }
        #expect(dry?.message == wet?.message && dry?.code == wet?.code)
        return try #require(wet)
    }

    @Test(
        "a table that took another's place is not written, nor is the other; with its name back the run can be undone",
        arguments: ["ALTER TABLE prices RENAME TO \"Prices old\"", "ALTER TABLE prices SET SCHEMA aside"])
    func swapped(_ away: String) async throws {
        try await Self.with { fixture, run in
            let name = away.contains("aside") ? "aside.prices" : "public.Prices old"
            let quoted = away.contains("aside") ? "aside.prices" : "public.\"Prices old\""
            try await fixture.database.psql(
                """
                CREATE SCHEMA aside; CREATE TABLE other (LIKE prices INCLUDING ALL); INSERT INTO other TABLE prices;
                \(away); ALTER TABLE other RENAME TO prices;
                """)
            let (before, aside) = (try await fixture.table(), try await fixture.table(quoted))
            let failure = try await Self.refusal(run, fixture)
            #expect(failure.code == .refreshNotUndoable && failure.category == .guarded)
            #expect(
                failure.message
                    == "run \(run) wrote the table that is called \(name) now, and public.prices is another one")
            let hint = try #require(failure.hint)
            let look = try #require(hint.split(separator: "): SELECT").last?.split(separator: ";").first)
            let beside = try await fixture.database.psql("SELECT\(look)")
            #expect(beside.contains("|100.0000|") && beside.contains("|110.0000|"), "\(hint)\n\(beside)")
            let record = try await Self.record(run, fixture)
            #expect(!record.isUndoable && record.tableNow == name && record.table == "public.prices")
            #expect(try await fixture.table() == before)
            #expect(try await fixture.table(quoted) == aside)
            try await fixture.database.psql(
                """
                DROP TABLE prices;
                \(away.contains("aside") ? "ALTER TABLE aside.prices SET SCHEMA public" : "ALTER TABLE \(quoted) RENAME TO prices")
                """)
            #expect(try await fixture.undo(run).restored == 2)
        }
    }

    @Test("a table that only has another name is put back, under that name")
    func renamed() async throws {
        try await Self.with { fixture, run in
            try await fixture.database.psql("ALTER TABLE prices RENAME TO quotes")
            let record = try await Self.record(run, fixture)
            #expect(record.isUndoable && record.tableNow == "public.quotes")
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: false).plan()
            let undone = try await fixture.undo(run)
            for report in [plan, undone] {
                #expect(report.restored == 2 && report.table == "public.prices" && report.tableNow == "public.quotes")
            }
            #expect(try await fixture.table("quotes").contains("1|2024-01-01|100.0000|1000"))
        }
    }

    @Test("a table that is gone is 66, and one that has its name now is said to be another one")
    func replaced() async throws {
        try await Self.with { fixture, run in
            try await fixture.database.psql(
                "CREATE TABLE other (LIKE prices); DROP TABLE prices; ALTER TABLE other RENAME TO prices")
            let other = try await Self.refusal(run, fixture)
            #expect(other.code == .refreshTableNotFound && other.category == .notFound)
            #expect(
                other.message == "public.prices is another table by now than the one that run \(run) wrote")
            #expect(try await !Self.record(run, fixture).isUndoable)
            try await fixture.database.psql("DROP TABLE prices")
            let gone = try await Self.refusal(run, fixture)
            #expect(gone.message == "public.prices, which run \(run) wrote, is not there any more")
            #expect(gone.category == .notFound && gone.hint?.contains("dbctl refresh show \(run)") == true)
        }
    }

    @Test("a run that came with a dump is not undone, whatever table has its oid here; nor is it gone on with")
    func foreign() async throws {
        try await Self.with { fixture, run in
            // As after a restore: each row of ours is written by another transaction than the one that it names.
            let changes = try await fixture.database.psql("SELECT changes FROM dbctl.refresh_runs")
            try await fixture.database.psql("UPDATE dbctl.\(changes) SET kind = kind")
            let before = try await fixture.table()
            let inPlace = try await Self.refusal(run, fixture)
            #expect(inPlace.message.contains("public.prices is another table by now"), "\(inPlace)")
            #expect(try await fixture.table() == before)
            // The oid is another table's, and nothing has the name.
            try await fixture.database.psql(
                "UPDATE dbctl.refresh_runs SET target = 'assets'::regclass, target_name = 'public.gone'")
            let gone = try await Self.refusal(run, fixture)
            #expect(gone.message.hasPrefix("public.gone, which run"), "\(gone)")
            let record = try await Self.record(run, fixture)
            #expect(!record.isUndoable && record.tableNow == nil)
            // The same feed again, cut off once: the record of another database is none of it.
            try await fixture.database.psql(
                """
                UPDATE dbctl.refresh_runs SET target = 'prices'::regclass, target_name = 'public.prices', state = 'partial';
                UPDATE prices SET close = 1 WHERE asset_id = 1 AND date = '2024-01-01';
                """)
            let again = try await fixture.run(Self.feed) { $0.guards.maximumJump = nil }
            #expect(again.updated == 1 && again.runID != run)
        }
    }

    @Test("pre-images of a table that another one replaced go when they are kept no longer")
    func pruned() async throws {
        try await Self.with { fixture, run in
            try await fixture.database.psql(
                """
                CREATE TABLE other (LIKE prices INCLUDING ALL); INSERT INTO other TABLE prices; DROP TABLE prices;
                ALTER TABLE other RENAME TO prices; UPDATE dbctl.refresh_runs SET undo_until = '2024-01-01';
                """)
            #expect(try await fixture.run("asset_id,date,close,volume\n1,2024-01-01,111,1000\n").updated == 1)
            let kept = try await fixture.database.psql(
                "SELECT count(changes) FROM dbctl.refresh_runs WHERE run_id = '\(run)'")
            #expect(kept == "0")
        }
    }

    @Test("the table's own UPDATE triggers are said, since what they write is not as it was")
    func triggers() async throws {
        try await Self.with { fixture, run in
            let other = "CREATE TRIGGER born BEFORE INSERT ON prices FOR EACH ROW EXECUTE FUNCTION touch();"
            try await fixture.database.psql(
                """
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.volume := 7; RETURN NEW; END';
                CREATE TRIGGER touched BEFORE UPDATE OF close ON prices FOR EACH ROW EXECUTE FUNCTION touch();
                \(other)
                """)
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: false).plan()
            let undone = try await fixture.undo(run)
            for report in [plan, undone] {
                #expect(report.restored == 2 && report.warnings.count == 1)
                #expect(report.warnings.first?.contains("UPDATE triggers (touched)") == true, "\(report.warnings)")
            }
            #expect(try await fixture.table().contains("1|2024-01-01|100.0000|7"))
        }
    }

    @Test("a table that was written anew has no row that can be put back, and that it was is said")
    func rewritten() async throws {
        try await Self.with { fixture, run in
            try await fixture.database.psql("ALTER TABLE prices ALTER close TYPE numeric(14, 5)")
            let undone = try await fixture.undo(run)
            #expect(undone.restored == 0 && undone.edited == 2 && undone.isInVain)
            #expect(undone.warnings.first?.contains("ALTER TABLE") == true, "\(undone.warnings)")
        }
    }

    @Test("the history of a table is found by the name that it had, and a filter that nothing meets is said")
    func history() async throws {
        try await Self.with { fixture, run in
            let history = RefreshHistory(fixture.request())
            try await fixture.database.psql("DROP TABLE prices")
            for name in ["prices", "public.prices", "PRICES", "\"prices\""] {
                let found = try await history.list(feed: nil, table: name, limit: 5).runs.map(\.runID)
                #expect(found == [run], "\(name)")
            }
            for name in ["rices", "other.prices", "assets"] {
                let found = try await history.list(feed: nil, table: name, limit: 5)
                #expect(found.runs.isEmpty && found.table == name)
            }
            try await fixture.database.psql("CREATE TABLE prices (asset_id int)")
            #expect(try await history.list(feed: nil, table: "prices", limit: 5).runs.count == 1)
        }
    }
}
