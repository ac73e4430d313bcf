import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `dbctl index create`, killed and interrupted: the same command completes it, and nothing INVALID stays (I2, I3, I5).
@Suite("Index builds, killed") struct IndexKillTests {
    private func arguments(_ fixture: IndexFixture, _ more: String...) -> [String] {
        ["index", "create"] + more + ["--database-url", fixture.database.url, "--no-progress"]
    }

    /// No session of a killed run, and nobody builds.
    private func quiet(_ fixture: IndexFixture) async throws {
        try await eventually("no session of the killed run is left") {
            try await fixture.database.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl index%' AND datname = current_database()"
            ) == "0"
        }
    }

    @Test("SIGKILL in the middle of a build: the next run drops what it left and builds it under the same name")
    func killed() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            try await fixture.holding("SELECT * FROM other") {
                _ = try await Dbctl.withRunning(arguments(fixture, "prices", "date")) { running in
                    try await eventually("it is being built") {
                        try await fixture.indexes() == ["prices_date_idx invalid"]
                    }
                    try running.signal(SIGKILL)
                }
                try await quiet(fixture)
            }
            #expect(try await fixture.indexes() == ["prices_date_idx invalid"])
            let again = try await Dbctl.run(arguments(fixture, "prices", "date"))
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await fixture.indexes() == ["prices_date_idx valid"])
        }
    }

    @Test("SIGINT and SIGTERM end within 2 s and leave nothing", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            try await fixture.holding("SELECT * FROM other") {
                let moments = Moments()
                let outcome = try await Dbctl.withRunning(arguments(fixture, "prices", "date")) { running in
                    try await eventually("it is being built") {
                        try await fixture.indexes() == ["prices_date_idx invalid"]
                    }
                    try running.signal(signal)
                    await moments.begin()
                }
                #expect(await moments.elapsed < .seconds(2.5))
                #expect(outcome.exitCode == 128 + signal, "\(outcome)")
                #expect(try await fixture.indexes() == [], "\(outcome)")
            }
        }
    }

    @Test("SIGINT while somebody holds the table: the INVALID index is named, and the next run removes it")
    func interruptedAndHeld() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.holding("SELECT count(*) FROM prices") {
                let outcome = try await Dbctl.withRunning(arguments(fixture, "prices", "date", "--quiet")) { running in
                    try await eventually("it is being built") {
                        try await fixture.indexes() == ["prices_date_idx invalid"]
                    }
                    try running.signal(SIGINT)
                }
                #expect(
                    outcome.exitCode == 130 && outcome.stderr.contains(/public\.prices_date_idx .*left INVALID/),
                    "\(outcome)")
            }
            try await quiet(fixture)
            let again = try await Dbctl.run(arguments(fixture, "prices", "date"))
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await fixture.indexes() == ["prices_date_idx valid"])
        }
    }

    @Test("SIGKILL at every child of a partitioned build: the same command completes it, I5", arguments: 1...8)
    func partitions(reached: Int) async throws {
        let schema =
            "CREATE TABLE prices (a int, b int) PARTITION BY RANGE (a);"
            + (0..<8).map {
                "CREATE TABLE prices_\($0) PARTITION OF prices FOR VALUES FROM (\($0 * 2000)) TO (\($0 * 2000 + 2000));"
            }.joined()
            + "INSERT INTO prices SELECT i, i FROM generate_series(0, 15999) AS i;"
        try await IndexFixture.with(schema) { fixture in
            var wasKilled = false
            while !wasKilled {
                // What a run has left that was over before anybody struck.
                for name in try await fixture.database.psql(
                    "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'prices'::regclass"
                ).split(separator: "\n") { try await fixture.database.psql("DROP INDEX \(name)") }
                let outcome = try await Dbctl.withRunning(arguments(fixture, "prices", "b", "a")) { running in
                    try await eventually("so many are there") {
                        let count = try await fixture.indexes().count
                        return count > reached || running.hasEnded
                    }
                    try? running.signal(SIGKILL)
                }
                wasKilled = outcome.exitCode != 0
            }
            try await quiet(fixture)
            let again = try await Dbctl.run(arguments(fixture, "prices", "b", "a"))
            #expect(again.exitCode == 0, "\(again)")
            let found = try await fixture.indexes()
            #expect(found.count == 9 && found.allSatisfy { $0.hasSuffix(" valid") }, "\(found)")
        }
    }

    private actor Moments {
        private var begun = ContinuousClock.now
        func begin() { begun = .now }
        var elapsed: Duration { .now - begun }
    }
}
