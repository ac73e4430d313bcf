import DBKit
import Foundation
import TestSupport
import Testing

/// Tables that are locked for a moment, triggers that move rows, columns that go: what people do to a table between runs.
@Suite struct RefreshTargetChangesTests {
    @Test("R9 a table that somebody has locked for a while is waited for, by run and by plan, as long as --wait says")
    func lockedTable() async throws {
        try await RefreshFixture.with { fixture in
            let settings = SessionSettings(applicationName: "migration")
            let hasWaited = Flag()
            func refresh(wait: Duration) throws -> RefreshRun {
                var refresh = try fixture.refresh("asset_id,date,close,volume\n1,2024-01-01,110,1000\n")
                refresh.request.lockTimeout = .milliseconds(50)
                refresh.request.wait = wait
                refresh.request.onEvent = { if case .retrying = $0 { hasWaited.set() } }
                return refresh
            }
            let (impatient, patient) = (try refresh(wait: .zero), try refresh(wait: .seconds(60)))
            try await Connection.with(fixture.database.parameters, settings: settings) { holder in
                try await holder.run { session in
                    try session.execute("BEGIN")
                    try session.execute("LOCK TABLE public.prices")
                }
                for action in [impatient.run, impatient.plan] {
                    let busy = await #expect(throws: Failure.self) { try await action() }
                    #expect(busy?.code == .refreshBusy && busy?.category == .busy, "\(String(describing: busy))")
                }
                async let report = patient.run()
                try await eventually("it has found the table locked") { hasWaited.isSet }
                try await holder.run { try $0.execute("COMMIT") }
                let applied = try await report
                #expect(applied.updated == 1)
            }
        }
    }

    @Test("R8 a trigger that stores rows under another key than the feed's is refused before anything is kept")
    func movedKey() async throws {
        let schema = """
            CREATE TABLE tk (k text PRIMARY KEY, close numeric);
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.k := upper(NEW.k); RETURN NEW; END';
            CREATE TRIGGER t BEFORE INSERT ON tk FOR EACH ROW EXECUTE FUNCTION shout();
            """
        try await RefreshFixture.with(schema) { fixture in
            // The second time it makes two rows of the feed one.
            for rows in ["a,1\nB,2\n", "aapl,1\nAapl,2\n"] {
                let refused = await #expect(throws: Failure.self) {
                    try await fixture.run("k,close\n" + rows) {
                        $0.table = "tk"
                        $0.key = ["k"]
                    }
                }
                #expect(
                    refused?.code == .refreshNotATable && refused?.message.contains("1 rows under another key") == true,
                    "\(String(describing: refused))")
            }
            let stored = try await fixture.table("tk")
            #expect(stored.isEmpty)
        }
    }

    @Test("R8 an inserted row that was deleted since is listed, and does not count as one that stays")
    func deletedInsert() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await fixture.run(
                "asset_id,date,close,volume\n3,2024-01-01,300,1\n3,2024-01-02,301,1\n")
            let run = try #require(report.runID)
            try await fixture.database.psql("DELETE FROM prices WHERE asset_id = 3 AND date = '2024-01-02'")
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: true).plan()
            #expect(plan.removed == 1 && plan.edited == 1)
            let kept = try await fixture.undo(run)
            #expect(kept.kept == 1 && kept.edited == 1 && kept.editedKeys == [["3", "2024-01-02"]])
            let removed = try await fixture.undo(run, removesInserted: true)
            #expect(removed.removed == 1 && removed.edited == 1 && removed.kept == 0)
        }
    }

    @Test("a column that was renamed since: the run is shown all the same, and undo says which one it needs")
    func renamedColumn() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await fixture.run("asset_id,date,close,volume\n1,2024-01-01,110,1000\n")
            let run = try #require(report.runID)
            try await fixture.database.psql("ALTER TABLE prices RENAME COLUMN close TO px")
            let detail = try await RefreshHistory(fixture.request()).show(run, limit: 10)
            #expect(detail.changes.first?.before["close"] == "100.0000")
            let refused = await #expect(throws: Failure.self) { try await fixture.undo(run) }
            #expect(refused?.code == .refreshNotUndoable && refused?.message.contains("no column close") == true)
            try await fixture.database.psql("ALTER TABLE prices RENAME COLUMN px TO close")
            #expect(try await fixture.undo(run).restored == 1)
        }
    }

    @Test("R2 rejected records that cannot be written down refuse the run that would go on without them")
    func unwritten() async throws {
        try await RefreshFixture.with { fixture in
            let before = try await fixture.table()
            // Root may write everywhere, but not over a folder.
            try FileManager.default.createDirectory(
                atPath: "\(fixture.folder)/feed.csv.rejected.csv", withIntermediateDirectories: false)
            let refused = await #expect(throws: Failure.self) {
                try await fixture.run("asset_id,date,close,volume\n1,2024-01-01,110,1\nx,2024-01-01,1,1\n") {
                    $0.maximumRejected = 1
                }
            }
            #expect(refused?.category == .cannotCreate && refused?.hint?.contains("--rejected") == true)
            #expect(try await fixture.table() == before)
        }
    }

    @Test("R12 an identity that is GENERATED ALWAYS is no column to be fed, and one in the key is")
    func identity() async throws {
        let schema = """
            CREATE TABLE ge (id bigint GENERATED ALWAYS AS IDENTITY, k text PRIMARY KEY, close numeric);
            INSERT INTO ge (k, close) VALUES ('a', 1);
            """
        try await RefreshFixture.with(schema) { fixture in
            let refused = await #expect(throws: Failure.self) {
                try await fixture.run("k,close,id\na,1,1\nz,1,77\n") {
                    $0.table = "ge"
                    $0.key = ["k"]
                }
            }
            #expect(refused?.code.name == "refresh.header" && refused?.message.contains("GENERATED ALWAYS") == true)
            let report = try await fixture.run("k,close,id\na,2,1\nz,1,77\n") {
                $0.table = "ge"
                $0.key = ["k"]
                $0.columns = ["k", "close"]
            }
            #expect(report.inserted == 1 && report.updated == 1)
        }
    }

    @Test("a check's refusal names the check and the table, never a table of ours")
    func check() async throws {
        let schema =
            "CREATE TABLE tc (k text PRIMARY KEY, n int CONSTRAINT small CHECK (n < 10)); INSERT INTO tc VALUES ('a', 1)"
        try await RefreshFixture.with(schema) { fixture in
            let report = try await fixture.run("k,n\na,2\nb,20\n") {
                $0.table = "tc"
                $0.key = ["k"]
                $0.maximumRejected = 1
            }
            #expect(report.rejects.map(\.reason) == ["it violates the check constraint small of public.tc"])
        }
    }

    @Test("R3 words that the server takes for a moment are refused in times, arrays and ranges too")
    func words() async throws {
        let schema =
            "CREATE TABLE tw (k text PRIMARY KEY, t time, z timetz, d date[], r tstzrange); INSERT INTO tw VALUES ('o')"
        try await RefreshFixture.with(schema) { fixture in
            let feed = """
                k|t|z|d|r
                a|12:30|12:30+02|{2024-01-01,2024-01-02}|[2024-01-01 00:00+00,2024-01-02 00:00+00)
                b|now|||
                c||Now||
                d|||{2024-01-01,today}|
                e||||[now,infinity)

                """
            let report = try await fixture.run(feed) {
                $0.table = "tw"
                $0.key = ["k"]
                $0.maximumRejected = 4
            }
            #expect(report.counts == "read 5 = 1 + 0 + 0 + 4 + 0 + 0", "\(report.rejects)")
            #expect(report.rejects.allSatisfy { $0.reason.contains("is a word") }, "\(report.rejects)")
        }
    }
}
