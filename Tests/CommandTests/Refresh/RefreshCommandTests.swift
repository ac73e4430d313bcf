// `dbctl refresh` on a server, as a user runs it.

import Foundation
import TestSupport
import Testing

@Suite("dbctl refresh, as run") struct RefreshCommandTests {
    private static let changed = "asset_id,date,close\n1,2024-01-01,150\n2,2024-01-01,200\n3,2024-01-01,5\n"

    private func with(_ body: (RefreshFixture) async throws -> Void) async throws {
        try await RefreshFixture.with { fixture in
            let configuration = """
                targets: {app: {url: "\(fixture.database.url)"}}
                feeds: {prices: {table: prices, key: [asset_id, date]}}

                """
            try fixture.write(configuration, to: "dbctl.yaml")
            try fixture.write(Self.changed, to: "prices.csv")
            try await body(fixture)
        }
    }

    private func refresh(
        _ verb: String, _ fixture: RefreshFixture, _ arguments: String..., stdin: String = ""
    ) async throws -> DbctlOutcome {
        try await TestSupport.Dbctl.run(
            ["refresh", verb, "--target", "app"] + arguments, stdin: stdin, folder: fixture.folder)
    }

    private func data(_ outcome: DbctlOutcome) throws -> [String: Any] {
        try #require(try outcome.json()["data"] as? [String: Any], "\(outcome)")
    }

    @Test("R8, R15: a run is planned, made, listed, shown and undone, in JSON under names that stay")
    func life() async throws {
        try await with { fixture in
            let before = try await fixture.table()
            let plan = try await refresh("plan", fixture, "prices.csv", "--format", "json")
            #expect(plan.exitCode == 0, "\(plan)")
            #expect(try data(plan)["dry_run"] as? Bool == true)
            #expect(try await fixture.table() == before)
            let dry = try await refresh("run", fixture, "prices.csv", "--dry-run", "--format", "json")
            let planned = try data(dry)
            #expect(planned["updated"] as? Int == 1 && planned["dry_run"] as? Bool == true)
            #expect(try await fixture.table() == before)

            let run = try await refresh("run", fixture, "prices.csv", "--format", "json")
            #expect(try run.json()["schema"] as? String == "dbctl.refresh.run/1")
            let counts = ["read", "inserted", "updated", "unchanged", "rejected", "collapsed", "suppressed"]
            let figures = try data(run)
            #expect(counts.map { figures[$0] as? Int } == [3, 1, 1, 1, 0, 0, 0], "\(run)")
            let moves = figures["moves"] as? [[String: Any]]
            #expect(
                moves?.first?["key"] as? [String] == ["1", "2024-01-01"] && moves?.first?["factor"] as? Double == 1.5)
            let id = try #require(figures["refresh_run_id"] as? String)

            let list = try await refresh("history", fixture, "--feed", "prices", "--format", "json")
            let runs = try data(list)["runs"] as? [[String: Any]]
            #expect(
                runs?.map { $0["run_id"] as? String } == [id] && runs?.first?["undoable"] as? Bool == true, "\(list)")
            let others = try data(await refresh("history", fixture, "--feed", "fx", "--format", "json"))
            #expect((others["runs"] as? [Any])?.isEmpty == true)

            let show = try data(await refresh("show", fixture, id.lowercased(), "--format", "json"))
            #expect(show["changes_count"] as? Int == 2)
            let changes = show["changes"] as? [[String: Any]]
            #expect(changes?.map { $0["kind"] as? String } == ["updated", "inserted"])
            let human = try await refresh("show", fixture, id)
            #expect(human.stdout.contains("1 2024-01-01  updated   close"), "\(human)")

            let asked = try await refresh("undo", fixture, id, "--format", "json")
            let preview = try data(asked)
            #expect(preview["dry_run"] as? Bool == true && preview["restored"] as? Int == 1, "\(asked)")
            let both = try await refresh("undo", fixture, id, "--yes", "--dry-run")
            #expect(both.stdout.hasPrefix("DRY RUN"), "\(both)")
            #expect(try await fixture.table() != before)
            let undone = try await refresh("undo", fixture, id, "--remove-inserted", "--yes")
            #expect(undone.exitCode == 0 && undone.stdout.hasPrefix("UNDONE run \(id)"), "\(undone)")
            #expect(try await fixture.table() == before)
            let again = try await refresh("undo", fixture, id, "--yes", "--format", "json")
            #expect(again.exitCode == 80 && again.stdout.contains("refresh.not_undoable"), "\(again)")
        }
    }

    @Test("exit codes and what stands beside them: a refusal has the report and the error in one document")
    func refusals() async throws {
        try await with { fixture in
            try fixture.write("asset_id,date,close\n1,2024-01-01,NaN\n", to: "bad.csv")
            let rejected = try await refresh("run", fixture, "bad.csv", "--format", "json")
            let figures = try data(rejected)
            #expect(rejected.exitCode == 65 && figures["rejected"] as? Int == 1, "\(rejected)")
            let error = try rejected.json()["error"] as? [String: Any]
            #expect(error?["code"] as? String == "refresh.rejected")
            let human = try await refresh("run", fixture, "bad.csv")
            #expect(
                human.stdout.hasPrefix("REFUSED prices into public.prices")
                    && human.stdout.contains("bad.csv.rejected.csv"))
            #expect(human.stderr.contains("--max-rejected 1"), "\(human)")
            try fixture.write("asset_id,date,close\n1,2024-01-01,1000\n2,2024-01-01,200\n", to: "jump.csv")
            for verb in ["plan", "run"] {
                let refused = try await refresh(verb, fixture, "jump.csv")
                #expect(refused.exitCode == 80 && refused.stdout.contains("Add --allow 1:2024-01-01"), "\(refused)")
            }
            let allowed = try await refresh("run", fixture, "jump.csv", "--allow", "1:2024-01-01")
            #expect(allowed.exitCode == 0 && allowed.stdout.contains("dbctl refresh undo "), "\(allowed)")
            for (arguments, code) in [
                (["missing.csv"], 66), (["--table", "nowhere", "--key", "id", "prices.csv"], 66),
                (["--table", "prices", "--key", "volume", "--columns", "volume,date", "prices.csv"], 80),
                (["--table", "prices", "--key", "asset,date", "prices.csv"], 78),
            ] {
                let outcome = try await TestSupport.Dbctl.run(
                    ["refresh", "run", "--target", "app"] + arguments, folder: fixture.folder)
                #expect(outcome.exitCode == code, "\(outcome)")
            }
            for verb in ["show", "undo"] {
                #expect(try await refresh(verb, fixture, "01J9Z3").exitCode == 66)
            }
        }
    }

    @Test("standard input is a file, and what is rejected of it is kept where --rejected says")
    func input() async throws {
        try await with { fixture in
            let text = Self.changed + "1,2024-01-02,NaN\n"
            let run = try await refresh(
                "run", fixture, "--max-rejected", "1", "--rejected", "bad.csv", "-", stdin: text)
            #expect(run.exitCode == 0 && run.stdout.contains("1 inserted, 1 updated"), "\(run)")
            let kept = try String(contentsOfFile: "\(fixture.folder)/bad.csv", encoding: .utf8)
            #expect(kept.contains("NaN"), "\(kept)")
        }
    }

    @Test("on a terminal undo shows what it would do and asks for the table; anything else is 80")
    func confirmation() async throws {
        try await with { fixture in
            let run = try await refresh("run", fixture, "prices.csv", "--format", "json")
            let id = try #require(try data(run)["refresh_run_id"] as? String)
            let arguments = ["refresh", "undo", id, "--database-url", fixture.database.url]
            for (answer, code) in [("yes", Int32(80)), ("public.prices", 0)] {
                try await TerminalRun.with(arguments, columns: 200) { terminal in
                    try await terminal.wait("asks") { $0.ordinary.contains("type public.prices to go on") }
                    terminal.press("\(answer)\n")
                    #expect(try await terminal.waitForEnd() == code, "\(terminal.screen)")
                }
            }
            #expect(
                try await fixture.database.psql("SELECT close FROM prices WHERE asset_id = 1 AND date = '2024-01-01'")
                    == "100.0000")
        }
    }

    @Test("several targets take the same file, and each names its files of rejected records after itself")
    func targets() async throws {
        try await with { fixture in
            let other = try await fixture.database.psql("SELECT current_database() || '_b'")
            try await fixture.database.server.psql("CREATE DATABASE \(other) TEMPLATE \(fixture.database.name)")
            let second = fixture.database.url.replacing(fixture.database.name, with: other)
            let configuration = """
                targets: {a: {url: "\(fixture.database.url)"}, b: {url: "\(second)"}}
                feeds: {prices: {table: prices, key: [asset_id, date], max_rejected: 1}}

                """
            try fixture.write(configuration, to: "dbctl.yaml")
            try fixture.write(Self.changed + "x,2024-01-01,1\n", to: "prices.csv")
            let outcome = try await TestSupport.Dbctl.run(
                ["refresh", "run", "--all-targets", "--feed", "prices", "prices.csv", "--format", "json"],
                folder: fixture.folder)
            #expect(outcome.exitCode == 0, "\(outcome)")
            let results = try outcome.json()["results"] as? [[String: Any]]
            #expect(results?.map { $0["target"] as? String } == ["a", "b"])
            let files = try FileManager.default.contentsOfDirectory(atPath: fixture.folder)
                .filter { $0.hasSuffix(".rejected.csv") }.sorted()
            #expect(files == ["prices.csv.a.rejected.csv", "prices.csv.b.rejected.csv"])
            try await fixture.database.server.psql("DROP DATABASE \(other)")
        }
    }

    @Test("a place for rejected records that is not there: 73, and nothing was written")
    func noPlace() async throws {
        try await with { fixture in
            let before = try await fixture.table()
            try fixture.write(Self.changed + "x,2024-01-01,1\n", to: "prices.csv")
            let outcome = try await refresh(
                "run", fixture, "prices.csv", "--feed", "prices", "--max-rejected", "1", "--rejected", "none/bad.csv")
            #expect(outcome.exitCode == 73 && outcome.stderr.contains("--rejected FILE"), "\(outcome)")
            #expect(try await fixture.table() == before)
        }
    }
}
