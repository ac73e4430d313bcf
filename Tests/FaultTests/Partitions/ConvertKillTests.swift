import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `dbctl partition convert`, killed: the table is in use all along, and the same command goes on (T9).
@Suite("Conversions, killed") struct ConvertKillTests {
    private func arguments(_ fixture: ConvertFixture, _ more: [String]) -> [String] {
        ["partition", "convert", "attempts"] + more
            + [
                "--yes", "--max-stall", "10s", "--database-url", fixture.database.url, "--no-progress", "--format",
                "json",
            ]
    }

    private func converting(_ strategy: String) -> [String] {
        ["--by", "at", "--every", "1 month", "--strategy", strategy]
    }

    /// Strikes once the statement says so, or the run has ended.
    private func strike(
        _ fixture: ConvertFixture, _ more: [String], at sight: @escaping @Sendable () async throws -> Bool
    ) async throws {
        _ = try await Dbctl.withRunning(arguments(fixture, more)) { running in
            try await eventually("its moment") {
                if running.hasEnded { return true }
                return try await sight()
            }
            try? running.signal(SIGKILL)
        }
        try await eventually("no session of the killed run is left") {
            try await fixture.database.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl partition%' AND datname = current_database()"
            ) == "0"
        }
    }

    /// As an application goes on writing, whatever becomes of the conversion.
    private func write(_ fixture: ConvertFixture, _ number: Int) async throws {
        try await fixture.database.psql(
            """
            UPDATE attempts SET note = 'round \(number)' WHERE id % 97 = \(number % 97);
            DELETE FROM attempts WHERE id % 1009 = \(number % 1009);
            INSERT INTO attempts (at, note) SELECT '2026-03-03'::timestamptz + i * interval '1 day', 'round' FROM generate_series(1, 50) AS i;
            UPDATE attempts SET at = at + interval '31 days' WHERE id % 1013 = \(number % 1013) AND at < '2026-11-01';
            """)
    }

    private static let sights = [
        "SELECT EXISTS (SELECT FROM dbctl.conversions)",
        "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'dbctl_convert')",
        "SELECT EXISTS (SELECT FROM dbctl.conversions WHERE rows_copied > 4000)",
        "SELECT EXISTS (SELECT FROM dbctl.conversions WHERE state IN ('swapped', 'converted'))",
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = 'dbctl_convert')",
        "SELECT EXISTS (SELECT FROM pg_class WHERE relkind = 'i' AND relname LIKE 'dbctl%')",
    ]

    @Test(
        "SIGKILL at the sight of each step, with writes in between: the same command ends with every row",
        arguments: ["copy", "attach"])
    func steps(strategy: String) async throws {
        for (number, sight) in Self.sights.enumerated() {
            // Steps that this strategy does not have.
            guard strategy == "copy" ? number < 4 : ![1, 2].contains(number) else { continue }
            try await ConvertFixture.with { fixture in
                let slow = strategy == "copy" ? ["--max-rate", "40000", "--batch", "1000"] : []
                try await strike(fixture, converting(strategy) + slow) {
                    guard try await fixture.database.psql("SELECT to_regclass('dbctl.conversions') IS NOT NULL") == "t"
                    else {
                        return false
                    }
                    return try await fixture.database.psql(sight) == "t"
                }
                try await write(fixture, number)
                let before = try await fixture.content()
                let again = try await Dbctl.run(arguments(fixture, converting(strategy)))
                #expect(again.exitCode == 0, "\(sight): \(again)")
                #expect(try await fixture.isPartitioned())
                #expect(try await fixture.content() == before)
                let finish = try await Dbctl.run(arguments(fixture, ["--finish"]))
                #expect(finish.exitCode == 0, "\(finish)")
                #expect(try await fixture.content() == before)
                #expect(try await fixture.leftovers() == "")
            }
        }
    }

    @Test("SIGKILL at seeded moments, again and again, there and back", arguments: ["copy", "attach"])
    func moments(strategy: String) async throws {
        try await ConvertFixture.with { fixture in
            let length = try await undisturbed {
                _ = try await Dbctl.run(arguments(fixture, converting(strategy)))
                _ = try await Dbctl.run(arguments(fixture, ["--undo"]))
            }
            for (number, fraction) in SeededMoments.spread(seed: 7, count: 8).enumerated() {
                // A pair of runs took that long.
                let end = ContinuousClock.now + length * (fraction / 2)
                let more = number.isMultiple(of: 2) ? converting(strategy) : ["--undo"]
                try await strike(fixture, more) { ContinuousClock.now >= end }
                try await write(fixture, number)
            }
            let before = try await fixture.content()
            let outcome = try await Dbctl.run(arguments(fixture, converting(strategy)))
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            let undo = try await Dbctl.run(arguments(fixture, ["--undo"]))
            #expect(undo.exitCode == 0, "\(undo)")
            #expect(try await !fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("SIGINT and SIGTERM stop within the copy, and the table is in use", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        try await ConvertFixture.with { fixture in
            let before = try await fixture.content()
            let outcome = try await Dbctl.withRunning(
                arguments(fixture, converting("copy") + ["--max-rate", "2000", "--batch", "200"])
            ) { running in
                try await eventually("it copies") {
                    try await fixture.hasCopied(200)
                }
                try running.signal(signal)
            }
            #expect(outcome.exitCode == 128 + signal, "\(outcome)")
            #expect(try await fixture.content() == before)
            let again = try await Dbctl.run(arguments(fixture, converting("copy")))
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await fixture.content() == before)
        }
    }
}
