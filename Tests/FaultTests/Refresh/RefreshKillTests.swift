import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `dbctl refresh run`, killed at any moment: nobody ever finds half a batch, and the same command completes it (R10).
@Suite("Refresh, killed") struct RefreshKillTests {
    private static let rows = 3000
    private static let batch = 100

    private static func feed(_ close: Int) -> String {
        "asset_id,date,close\n" + (1...rows).map { "\($0),2024-01-01,\(close + $0 % 7)\n" }.joined()
    }

    private struct Fixture: Sendable {
        let refresh: RefreshFixture

        func arguments(_ more: String...) -> [String] {
            [
                "refresh", "run", "\(refresh.folder)/feed.csv", "--table", "prices", "--key", "asset_id,date",
                "--database-url", refresh.database.url, "--no-progress", "--format", "json", "--max-jump", "1000",
            ] + more
        }

        /// Back to how it was before the run, history included.
        func reset() async throws {
            try await refresh.database.psql(
                """
                DROP SCHEMA IF EXISTS dbctl CASCADE; TRUNCATE prices;
                INSERT INTO prices SELECT a, '2024-01-01', 100 FROM generate_series(1, \(RefreshKillTests.rows / 2)) AS a;
                """)
        }

        /// - Returns: true when the run had ended before its moment came.
        @discardableResult func kill(after moment: Duration, _ arguments: [String]) async throws -> Bool {
            try await kill(arguments) { try await Task.sleep(for: moment) }
        }

        /// Strikes when so many rows are in, whenever that is: a moment by the clock may come too early each time.
        func kill(atSightOf rows: Int, _ arguments: [String]) async throws {
            let begun = ContinuousClock.now
            _ = try await kill(arguments) {
                while try await written() < rows, begun.duration(to: .now) < .seconds(60) {}
            }
        }

        private func kill(_ arguments: [String], _ moment: () async throws -> Void) async throws -> Bool {
            let outcome = try await Dbctl.withRunning(arguments) { running in
                try await moment()
                try? running.signal(SIGKILL)
            }
            try await eventually("no session of the killed refresh is left") {
                try await refresh.database.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl refresh%' AND datname = current_database()"
                ) == "0"
            }
            return outcome.exitCode == 0
        }

        func written() async throws -> Int {
            Int(try await refresh.database.psql("SELECT count(*) FROM prices WHERE close >= 200")) ?? -1
        }
    }

    private static func with(_ body: (Fixture) async throws -> Void) async throws {
        let schema =
            "CREATE TABLE prices (asset_id int, date date, close numeric(12, 4), PRIMARY KEY (asset_id, date));"
        try await RefreshFixture.with(schema) { refresh in
            try refresh.write(feed(200))
            try await body(Fixture(refresh: refresh))
        }
    }

    @Test("R10 at any of thirty moments: all or nothing is written, and the same command completes it and sweeps up")
    func whole() async throws {
        try await Self.with { fixture in
            var run = RunMoments(
                length: try await undisturbed {
                    try await fixture.reset()
                    let outcome = try await Dbctl.run(fixture.arguments())
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            for (number, fraction) in SeededMoments.spread(seed: 31, count: 30).enumerated() {
                try await fixture.reset()
                let moment = run.moment(fraction)
                if try await fixture.kill(after: moment, fixture.arguments()) { run.runHadEnded(at: moment) }
                let written = try await fixture.written()
                #expect(written == 0 || written == Self.rows, "kill \(number) at \(moment): \(written) rows")
                let begun = ContinuousClock.now
                let again = try await Dbctl.run(fixture.arguments())
                #expect(again.exitCode == 0, "kill \(number): \(again)")
                if written == 0 { run.ran(for: ContinuousClock.now - begun) }
                #expect(try await fixture.written() == Self.rows)
                try await expectSwept(fixture)
            }
        }
    }

    @Test(
        "R10 R11 with batches, at any of thirty moments: whole batches are in, a rerun adds the others, and one undo takes all of them back"
    )
    func batches() async throws {
        try await Self.with { fixture in
            var run = RunMoments(
                length: try await undisturbed {
                    try await fixture.reset()
                    let outcome = try await Dbctl.run(fixture.arguments("--batch", "\(Self.batch)"))
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            var halves = 0
            for (number, fraction) in SeededMoments.spread(seed: 32, count: 30).enumerated() {
                try await fixture.reset()
                let before = try await fixture.refresh.table()
                let arguments = fixture.arguments("--batch", "\(Self.batch)")
                if number % 3 == 0 {
                    try await fixture.kill(atSightOf: Self.batch * (1 + number / 3), arguments)
                } else {
                    // The batches come in the second half of a run.
                    let moment = run.moment(0.4 + 0.6 * fraction)
                    if try await fixture.kill(after: moment, arguments) { run.runHadEnded(at: moment) }
                }
                let written = try await fixture.written()
                #expect(written % Self.batch == 0, "kill \(number): \(written) rows")
                if written > 0, written < Self.rows { halves += 1 }
                let begun = ContinuousClock.now
                let again = try await Dbctl.run(arguments)
                #expect(again.exitCode == 0, "kill \(number): \(again)")
                if written == 0 { run.ran(for: ContinuousClock.now - begun) }
                #expect(try await fixture.written() == Self.rows)
                try await expectSwept(fixture)
                let runs = try await fixture.refresh.database.psql(
                    "SELECT run_id FROM dbctl.refresh_runs WHERE inserted + updated > 0")
                #expect(!runs.contains("\n"), "one run of history: \(runs)")
                let undo = try await Dbctl.run([
                    "refresh", "undo", runs, "--remove-inserted", "--yes", "--database-url",
                    fixture.refresh.database.url,
                ])
                #expect(undo.exitCode == 0, "\(undo)")
                #expect(try await fixture.refresh.table() == before)
            }
            #expect(halves > 3, "kills between batches")
        }
    }

    private func expectSwept(_ fixture: Fixture) async throws {
        let left = try await fixture.refresh.database.psql(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^refresh_(staging|delta)'")
        #expect(left.isEmpty, "left behind: \(left)")
    }
}
