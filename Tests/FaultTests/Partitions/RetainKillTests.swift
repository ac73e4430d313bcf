import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("partition retain, killed at any step: the same command goes on, and no row is lost that was to be kept (T8)")
struct RetainKillTests {
    private struct Scene: Sendable {
        let fixture: PartitionFixture
        let folder: String

        var arguments: [String] {
            ["partition", "retain", "--yes", "--no-progress", "--database-url", fixture.database.url]
        }

        var archives: String { "\(folder)/repo/.partitions/\(fixture.database.name)" }

        func declare(_ action: String) throws {
            let text = """
                backup: {repo: \(folder)/repo}
                partitions:
                  - {table: attempts, by: attempted_at, every: 1 month, keep: 4 months, on_expire: \(action)}

                """
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
        }

        /// Kills a run at the sight of something; false when it had ended before.
        func kill(
            _ what: String, extra: Duration = .zero, _ isThere: @escaping (RunningDbctl) async throws -> Bool
        ) async throws -> Bool {
            let outcome = try await Dbctl.withRunning(arguments, folder: folder) { running in
                try await eventually("\(what): \(running.stderr)") {
                    let hasEnded = running.hasEnded
                    return try await isThere(running) || hasEnded
                }
                try await Task.sleep(for: extra)
                try? running.signal(SIGKILL)
            }
            // Its sessions notice within two seconds; a DETACH may end by itself.
            try await eventually("no session of the killed run is left") {
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl%' AND datname = current_database()"
                ) == "0"
            }
            return outcome.exitCode == 137
        }

        /// Every file of every set in it, whole or not.
        func files() -> [String] {
            (try? FileManager.default.subpathsOfDirectory(atPath: archives)) ?? []
        }

        func sets() -> [String] {
            files().filter { !$0.contains("/") && !$0.hasPrefix(".") && !$0.hasSuffix(".json") }
        }
    }

    /// January 2025 has expired on every day on which this may run, the current partition never does.
    private static let schema =
        PartitionFixture.schema + """

            CREATE TABLE attempts_p2025_01 PARTITION OF attempts FOR VALUES FROM ('2025-01-01Z') TO ('2025-02-01Z');
            CREATE TABLE attempts_now PARTITION OF attempts FOR VALUES FROM ('2025-02-01Z') TO ('2999-01-01Z');
            INSERT INTO attempts (attempted_at, user_id, note)
            SELECT timestamptz '2025-01-01Z' + i * interval '1 minute', 1 + i % 10, repeat('n', i % 50)
            FROM generate_series(0, 2999) AS i;
            INSERT INTO attempts (attempted_at, user_id) SELECT now(), 1 FROM generate_series(1, 100);
            COMMENT ON TABLE attempts_p2025_01 IS 'first';
            """

    private func with(_ action: String, _ body: (Scene) async throws -> Void) async throws {
        try await PartitionFixture.with(Self.schema) { fixture in
            try await withTemporaryFolder { folder in
                let scene = Scene(fixture: fixture, folder: folder)
                try scene.declare(action)
                try await body(scene)
            }
        }
    }

    private func expectDone(_ scene: Scene, archived: Bool) async throws {
        let rerun = try await Dbctl.run(scene.arguments, folder: scene.folder)
        #expect(rerun.exitCode == 0, "\(rerun)")
        let state = try await scene.fixture.database.psql(
            """
            SELECT to_regclass('attempts_p2025_01') IS NULL, (SELECT count(*) FROM attempts),
                   (SELECT count(*) FROM pg_inherits WHERE inhdetachpending),
                   (SELECT count(*) FROM pg_description WHERE description LIKE 'dbctl partition retain%')
            """)
        #expect(state == "t|100|0|0", "\(rerun)")
        #expect(scene.files().filter { $0.contains(".building") } == [])
        guard archived else { return }
        // The newest is whole, and holds every row.
        let set = try #require(scene.sets().max())
        let manifest = try SetVerification(folder: "\(scene.archives)/\(set)").manifest()
        #expect(manifest.tables.map(\.rows) == [3000])
        let report = try await SetVerification(folder: "\(scene.archives)/\(set)").run()
        #expect(report.ok)
        let nothing = try await Dbctl.run(scene.arguments, folder: scene.folder)
        #expect(nothing.exitCode == 0 && nothing.stdout.hasPrefix("Nothing is past keeping"), "\(nothing)")
    }

    @Test(
        "drop: at the mark, at the DETACH, at the DROP",
        arguments: ["COMMENT ON TYPE", "DETACH PARTITION", "DROP TABLE"])
    func drop(_ step: String) async throws {
        try await with("drop") { scene in
            _ = try await scene.kill("it comes to \(step)") { $0.stderr.contains(step) }
            try await expectDone(scene, archived: false)
        }
    }

    @Test(
        "a DETACH that waits for a reader: half detached, and the next run finishes it", arguments: ["drop", "archive"])
    func pending(_ action: String) async throws {
        try await with(action) { scene in
            try await scene.fixture.holding("SELECT count(*) FROM attempts") {
                let wasKilled = try await scene.kill("it is half detached") { _ in
                    try await scene.fixture.database.psql("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
                        == "1"
                }
                #expect(wasKilled)
                #expect(
                    try await scene.fixture.database.psql("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
                        == "1")
            }
            try await expectDone(scene, archived: action == "archive")
        }
    }

    @Test("archive: detached and not archived")
    func detached() async throws {
        try await with("archive") { scene in
            let wasKilled = try await scene.kill("it is detached") { $0.stderr.contains("its rows are archived in") }
            #expect(wasKilled)
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts_p2025_01") == "3000")
            try await expectDone(scene, archived: true)
        }
    }

    @Test("archive: a half-written set is no set, and is swept")
    func halfWritten() async throws {
        try await with("archive") { scene in
            _ = try await scene.kill("a set is being written") { _ in
                scene.files().contains { $0.contains(".building") && $0.hasSuffix("toc.dat") }
            }
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts_p2025_01") == "3000")
            try await expectDone(scene, archived: true)
        }
    }

    @Test("archive: written and not proven; the same set is proven by the next run")
    func unproven() async throws {
        try await with("archive") { scene in
            let wasKilled = try await scene.kill("a set is published") { _ in !scene.sets().isEmpty }
            #expect(wasKilled)
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts_p2025_01") == "3000")
            try await expectDone(scene, archived: true)
            #expect(scene.sets().count == 1)
        }
    }

    @Test("archive: proven and not dropped; the next run drops it and makes no second set")
    func undropped() async throws {
        try await with("archive") { scene in
            // The DROP needs a lock on what the foreign key refers to.
            try await scene.fixture.holding("SELECT count(*) FROM users") {
                let wasKilled = try await scene.kill("it comes to the DROP") { $0.stderr.contains("DROP TABLE") }
                #expect(wasKilled)
            }
            #expect(try await scene.fixture.database.psql("SELECT count(*) FROM attempts_p2025_01") == "3000")
            try await expectDone(scene, archived: true)
            #expect(scene.sets().count == 1)
        }
    }

    @Test("archive: at five moments of the proof", arguments: 0..<5)
    func moments(_ part: Int) async throws {
        try await with("archive") { scene in
            var generator = SeededMoments(seed: UInt64(part))
            let moment = Duration.milliseconds(Int((Double(part) + generator.next()) * 400))
            _ = try await scene.kill("it archives", extra: moment) { $0.stderr.contains("its rows are archived in") }
            let left = try await scene.fixture.database.psql("SELECT to_regclass('attempts_p2025_01') IS NOT NULL")
            if left == "f" { #expect(!scene.sets().isEmpty) }
            try await expectDone(scene, archived: true)
        }
    }

    @Test(
        "SIGTERM while it waits for a reader ends within its time, and says what is left", arguments: [SIGINT, SIGTERM])
    func signal(_ number: Int32) async throws {
        try await with("drop") { scene in
            try await scene.fixture.holding("SELECT count(*) FROM attempts") {
                let outcome = try await Dbctl.withRunning(scene.arguments, folder: scene.folder) { running in
                    try await eventually("it is half detached") {
                        try await scene.fixture.database.psql("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
                            == "1"
                    }
                    try running.signal(number)
                }
                #expect(outcome.exitCode == 128 + number, "\(outcome)")
                #expect(outcome.stderr.contains("half detached") || outcome.stderr.contains("FINALIZE"), "\(outcome)")
            }
            try await expectDone(scene, archived: false)
        }
    }
}
