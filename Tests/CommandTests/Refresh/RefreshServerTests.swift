// `dbctl refresh` beside the rest of the house: its backups, its pooler, its memory.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl refresh beside backups, poolers and other versions") struct RefreshServerTests {
    private static let changed =
        "asset_id,date,close,volume\n1,2024-01-01,150,1000\n2,2024-01-01,200,1000\n3,2024-01-01,5,1\n"

    @Test(
        "R13 a backup of the table is taken before the first write, linked from the run, and no list takes it for one of the database"
    )
    func backupBefore() async throws {
        try await RefreshFixture.with { fixture in
            try fixture.write(
                """
                targets: {app: {url: "\(fixture.database.url)"}}
                backup: {repo: \(fixture.folder)/repo}
                feeds: {prices: {table: prices, key: [asset_id, date], backup_before: true}}

                """, to: "dbctl.yaml")
            let before = try await fixture.table()
            try fixture.write(RefreshFixture.same)
            func refresh() async throws -> [String: Any] {
                let outcome = try await TestSupport.Dbctl.run(
                    ["refresh", "run", "feed.csv", "--target", "app", "--format", "json"], folder: fixture.folder)
                #expect(outcome.exitCode == 0, "\(outcome)")
                return try outcome.data()
            }
            // Nothing to write, nothing to back up.
            #expect(try await refresh()["backup_set"] == nil)
            try fixture.write(Self.changed)
            let set = try #require(try await refresh()["backup_set"] as? String)
            let run = try await fixture.database.psql("SELECT backup_set FROM dbctl.refresh_runs WHERE updated > 0")
            #expect(run == set)
            let list = try await TestSupport.Dbctl.run(
                ["backup", "list", "--repo", "\(fixture.folder)/repo", "--format", "json"])
            let sets = try? list.data()["sets"] as? [Any]
            #expect(sets?.isEmpty ?? true, "\(list)")
            try await fixture.database.psql("TRUNCATE prices")
            let restore = try await TestSupport.Dbctl.run([
                "restore", "--from", set, "--into", fixture.database.name, "--data-only", "--table", "public.prices",
                "--database-url", fixture.database.url,
            ])
            #expect(restore.exitCode == 0, "\(restore)")
            #expect(try await fixture.table() == before)
            // The definitions are all there, the rows only of the table.
            let shown = try await TestSupport.Dbctl.run(["backup", "show", set, "--format", "json"])
            #expect(shown.stdout.contains("public.assets") && shown.stdout.contains("excluded"), "\(shown)")
        }
    }

    @Test("through a pooler in transaction mode a feed is planned, loaded and undone, and no setting leaks")
    func pooler() async throws {
        try await RefreshFixture.with { fixture in
            let before = try await fixture.table()
            try fixture.write(Self.changed)
            try await PgBouncer.with(fixture.database.server, connections: 3) { pooler in
                func dbctl(_ arguments: String...) async throws -> DbctlOutcome {
                    try await TestSupport.Dbctl.run(
                        ["refresh"] + arguments + ["--database-url", pooler.url(fixture.database), "--format", "json"],
                        folder: fixture.folder)
                }
                let feed = ["feed.csv", "--table", "prices", "--key", "asset_id,date"]
                let plan = try await dbctl("plan", feed[0], feed[1], feed[2], feed[3], feed[4])
                #expect(plan.exitCode == 0, "\(plan)")
                let run = try await dbctl("run", feed[0], feed[1], feed[2], feed[3], feed[4])
                #expect(run.exitCode == 0, "\(run)")
                let data = try run.data()
                #expect(data["updated"] as? Int == 1)
                let id = try #require(data["refresh_run_id"] as? String)
                let undo = try await dbctl("undo", id, "--remove-inserted", "--yes")
                #expect(undo.exitCode == 0, "\(undo)")
                #expect(try await fixture.table() == before)
                let leaked = try await Program.run(
                    "psql", ["-XAtc", "SHOW lock_timeout; SHOW search_path", pooler.url(fixture.database)])
                #expect(leaked.stdout == "0\n\"$user\", public\n", "\(leaked)")
            }
        }
    }

    @Test("on a standby run, plan and undo name the primary before anything else, and the history is read")
    func standby() async throws {
        try await TestServer.withPair { _, standby in
            func dbctl(_ arguments: String...) async throws -> DbctlOutcome {
                try await TestSupport.Dbctl.run(["refresh"] + arguments + ["--database-url", standby.url])
            }
            try await withTemporaryFolder { folder in
                let feed = "\(folder)/feed.csv"
                try Data("k\n1\n".utf8).write(to: URL(filePath: feed))
                for outcome in [
                    try await dbctl("run", feed, "--table", "t", "--key", "k"),
                    try await dbctl("plan", feed, "--table", "t", "--key", "k"),
                    try await dbctl("undo", "01J9Z3", "--yes"),
                ] {
                    #expect(outcome.exitCode == 69 && outcome.stderr.contains("is a standby"), "\(outcome)")
                }
            }
            #expect(try await dbctl("history").exitCode == 0)
            #expect(try await dbctl("undo", "01J9Z3").exitCode == 66)
        }
    }

    @Test("the whole story on newer servers", arguments: [16, 18])
    func versions(major: Int) async throws {
        try await RefreshFixture.with(major: major) { fixture in
            let before = try await fixture.table()
            #expect(try await fixture.plan(Self.changed).counts == "read 3 = 1 + 1 + 1 + 0 + 0 + 0")
            let run = try await fixture.run()
            #expect(run.counts == "read 3 = 1 + 1 + 1 + 0 + 0 + 0")
            #expect(try await fixture.run().counts == "read 3 = 0 + 0 + 3 + 0 + 0 + 0")
            let history = try await RefreshHistory(fixture.request()).list(feed: nil, table: "prices", limit: 10)
            #expect(history.runs.count == 2 && history.runs.last?.runID == run.runID)
            let undone = try await fixture.undo(try #require(run.runID), removesInserted: true)
            #expect(undone.restored == 1 && undone.removed == 1)
            #expect(try await fixture.table() == before)
        }
    }

    @Test("R11 memory does not grow with the feed, and stays below 64 MiB")
    func memory() async throws {
        let schema = "CREATE TABLE prices (asset_id int, date date, close float8, PRIMARY KEY (asset_id, date));"
        try await RefreshFixture.with(schema) { fixture in
            var peaks: [Int] = []
            // The last one has much besides the three columns that are wanted.
            for (rows, others) in [(20_000, 0), (300_000, 0), (30_000, 150)] {
                let names = (0..<others).map { ",x\($0)" }.joined()
                let rest = String(repeating: ",1234567", count: others)
                try fixture.write(
                    "asset_id,date,close\(names)\n"
                        + (1...rows).map { "\($0),2024-01-01,\($0).25\(rest)\n" }.joined())
                var peak = 0
                let outcome = try await TestSupport.Dbctl.withRunning(
                    [
                        "refresh", "run", "feed.csv", "--table", "prices", "--key", "asset_id,date", "--columns",
                        "asset_id,date,close", "--database-url", fixture.database.url,
                    ], folder: fixture.folder
                ) { running in
                    while let now = Self.ownMemory(running.pid) {
                        peak = max(peak, now)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                #expect(outcome.exitCode == 0, "\(outcome)")
                peaks.append(peak)
            }
            // Half of what it may have: the other half is for the program itself, whose code differs by build.
            #expect(peaks[0] > 1000 && peaks.allSatisfy { $0 < 32 << 10 }, "kB: \(peaks)")
        }
    }

    /// What a process holds in memory besides its code and libraries, in kB; nil once it has ended.
    private static func ownMemory(_ pid: pid_t) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") })
        else { return nil }
        return Int(line.filter(\.isNumber))
    }
}
