import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Refresh: what an undo puts back, R8")
struct RefreshUndoTests {
    private static let schema = """
        CREATE TABLE prices (asset_id int PRIMARY KEY, close int, volume int);
        INSERT INTO prices VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3);
        """

    private static func run(_ rows: String, _ fixture: RefreshFixture) async throws -> String {
        let report = try await fixture.run("asset_id,close\n" + rows) {
            $0.key = ["asset_id"]
            $0.guards.maximumJump = nil
        }
        return try #require(report.runID)
    }

    private static func closes(_ fixture: RefreshFixture) async throws -> String {
        try await fixture.database.psql(
            "SELECT string_agg(asset_id || '=' || close, ' ' ORDER BY asset_id) FROM prices")
    }

    @Test("runs that wrote the same rows are undone one after the other, the newest first, back to the beginning")
    func chain() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            let first = try await Self.run("1,11\n2,21\n4,41\n", fixture)
            let second = try await Self.run("1,12\n3,32\n4,42\n", fixture)
            let third = try await Self.run("1,13\n", fixture)
            #expect(try await fixture.undo(third).restored == 1)
            #expect(try await fixture.undo(second).restored == 3)
            #expect(try await Self.closes(fixture) == "1=11 2=21 3=30 4=41")
            let last = try await fixture.undo(first, removesInserted: true)
            #expect(last.restored == 2 && last.removed == 1 && last.edited == 0)
            #expect(try await Self.closes(fixture) == "1=10 2=20 3=30")
        }
    }

    @Test("an older run is undone where nothing came after it, and the rest once the newer one is undone")
    func inAnyOrder() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            let first = try await Self.run("1,11\n2,21\n", fixture)
            let second = try await Self.run("1,12\n", fixture)
            let part = try await fixture.undo(first)
            #expect(part.restored == 1 && part.edited == 1 && part.editedKeys == [["1"]])
            let state = try await RefreshHistory(fixture.request()).show(first, limit: 1).run
            #expect(state.state == .partlyUndone && state.isUndoable)
            #expect(try await fixture.undo(second).restored == 1)
            #expect(try await fixture.undo(first).restored == 1)
            #expect(try await Self.closes(fixture) == "1=10 2=20 3=30")
            let failure = await #expect(throws: Failure.self) { try await fixture.undo(first) }
            #expect(failure?.code == .refreshNotUndoable && failure?.category == .guarded)
        }
    }

    @Test("inserted rows to which others refer stay: nothing of another table goes with them")
    func references() async throws {
        let notes = "CREATE TABLE notes (asset_id int REFERENCES prices ON DELETE CASCADE, text text);"
        try await RefreshFixture.with(Self.schema + notes) { fixture in
            let run = try await Self.run("4,40\n5,50\n", fixture)
            try await fixture.database.psql("INSERT INTO notes VALUES (4, 'precious')")
            let plan = try await RefreshUndo(fixture.request(), runPrefix: run, removesInserted: true).plan()
            let undone = try await fixture.undo(run, removesInserted: true)
            for report in [plan, undone] { #expect(report.removed == 1 && report.referenced == 1) }
            #expect(try await fixture.database.psql("SELECT text FROM notes") == "precious")
            #expect(try await Self.closes(fixture) == "1=10 2=20 3=30 4=40")
            try await fixture.database.psql("DELETE FROM notes")
            #expect(try await fixture.undo(run, removesInserted: true).removed == 1)
        }
    }

    @Test("rows that a trigger does not let go back are counted so, and can be put back once it lets them")
    func suppressed() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            let run = try await Self.run("1,11\n2,21\n", fixture)
            try await fixture.database.psql(
                """
                CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
                CREATE TRIGGER keep BEFORE UPDATE ON prices FOR EACH ROW WHEN (OLD.asset_id = 1) EXECUTE FUNCTION keep();
                """)
            let part = try await fixture.undo(run)
            #expect(part.restored == 1 && part.suppressed == 1 && part.edited == 0)
            try await fixture.database.psql("DROP TRIGGER keep ON prices")
            #expect(try await fixture.undo(run).restored == 1)
            #expect(try await Self.closes(fixture) == "1=10 2=20 3=30")
        }
    }

    @Test("pre-images that are kept no longer are gone with the next run, and an undo says so")
    func pruned() async throws {
        try await RefreshFixture.with(Self.schema) { fixture in
            var refresh = try fixture.refresh("asset_id,close\n1,11\n") {
                $0.key = ["asset_id"]
                $0.undoKeep = .seconds(60)
            }
            let run = try #require(try await refresh.run().runID)
            refresh = try fixture.refresh("asset_id,close\n1,12\n") { $0.key = ["asset_id"] }
            refresh.request.clock = WallClock { Date(timeIntervalSince1970: 1_709_251_200 + 120) }
            let second = try #require(try await refresh.run().runID)
            let failure = await #expect(throws: Failure.self) { try await fixture.undo(run) }
            #expect(failure?.code == .refreshNotUndoable && failure?.message.contains("undo_keep") == true)
            #expect(try await fixture.undo(second).restored == 1)
            let unknown = await #expect(throws: Failure.self) { try await fixture.undo("01ZZZ") }
            #expect(unknown?.code == .refreshRunNotFound && unknown?.category == .notFound)
        }
    }
}
