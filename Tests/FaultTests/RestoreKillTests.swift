import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `dbctl restore`, killed with SIGKILL at any moment: nobody ever finds half a database under the wanted name.
@Suite("Restore, killed") struct RestoreKillTests {
    private struct Fixture: Sendable {
        let server: Sandbox
        let set: MadeSet

        var url: String { "postgresql://postgres@127.0.0.1:\(server.port)/postgres" }

        func arguments(_ more: String...) -> [String] {
            ["restore", "--database-url", url, "--from", set.folder, "--into", "copy", "--no-progress"] + more
        }

        /// The databases that are not the server's own.
        func databases() async throws -> [String] {
            try await server.psql(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> ALL ('{postgres,source}') ORDER BY 1"
            ).split(separator: "\n").map(String.init)
        }

        /// What the database lacks of the set; nothing when it is complete.
        func differences() async throws -> [String] {
            try await set.manifest.differences(from: "postgresql://postgres@127.0.0.1:\(server.port)/copy")
        }

        func drop() async throws {
            try await server.psql("DROP DATABASE IF EXISTS copy WITH (FORCE)")
        }

        /// - Returns: true when the run had ended before its moment came.
        func kill(after moment: Duration, _ arguments: [String]) async throws -> Bool {
            try await kill(arguments) { try await Task.sleep(for: moment) }
        }

        /// Waits for the first database that is not the server's own, whatever its name, and strikes then.
        func killAtSightOfDatabase(_ arguments: [String]) async throws {
            _ = try await kill(arguments) {
                try await eventually("the restore has made its database") { try await !databases().isEmpty }
            }
        }

        private func kill(_ arguments: [String], when moment: () async throws -> Void) async throws -> Bool {
            let outcome = try await Dbctl.withRunning(arguments) { running in
                try await moment()
                try? running.signal(SIGKILL)
            }
            // What the server was doing for it, a CREATE DATABASE perhaps, ends before the next look.
            try await eventually("no session of the killed restore is left") {
                try await server.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%'") == "0"
            }
            return outcome.exitCode == 0
        }
    }

    private static func with(_ body: (Fixture) async throws -> Void) async throws {
        try await TestServer.withSandbox { server in
            try await server.psql("CREATE DATABASE source")
            let source = TestDatabase(name: "source", server: server)
            try await source.psql(
                """
                CREATE TABLE big (i int PRIMARY KEY, s text UNIQUE);
                INSERT INTO big SELECT i, md5(i::text) FROM generate_series(1, 3000) i;
                CREATE TABLE child (i int REFERENCES big); INSERT INTO child SELECT i FROM generate_series(1, 500) i;
                CREATE VIEW seen AS SELECT count(*) FROM child;
                SELECT lo_from_bytea(0, 'hello');
                """)
            try await BackupFixture.with { backup in
                try await body(Fixture(server: server, set: try await backup.create(source.url)))
            }
        }
    }

    @Test("--create, at any of fifty moments: the name is free or complete, and the next restore removes what was left")
    func create() async throws {
        try await Self.with { fixture in
            var run = RunMoments(
                length: try await undisturbed {
                    try await fixture.drop()
                    let outcome = try await Dbctl.run(fixture.arguments("--create"))
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            var leftovers = 0
            for (number, fraction) in SeededMoments.spread(seed: 12, count: 50).enumerated() {
                let moment = run.moment(fraction)
                try await fixture.drop()
                if number.isMultiple(of: 5) {
                    try await fixture.killAtSightOfDatabase(fixture.arguments("--create"))
                } else if try await fixture.kill(after: moment, fixture.arguments("--create")) {
                    run.runHadEnded(at: moment)
                }
                let left = try await fixture.databases()
                #expect(left.allSatisfy { $0 == "copy" || $0.hasPrefix("dbctl_restore_") }, "\(left) at \(moment)")
                if left.contains("copy") {
                    #expect(left == ["copy"], "at \(moment)")
                    #expect(try await fixture.differences() == [], "at \(moment)")
                    continue
                }
                leftovers += left.count
                let begun = ContinuousClock.now
                let again = try await Dbctl.run(fixture.arguments("--create", "--format", "json"))
                run.ran(for: ContinuousClock.now - begun)
                #expect(again.exitCode == 0, "after SIGKILL at \(moment): \(again)")
                let data = try #require(try again.json()["data"] as? [String: Any])
                #expect(data["swept"] as? [String] == left, "at \(moment)")
                #expect(try await fixture.databases() == ["copy"], "at \(moment)")
                #expect(try await fixture.differences() == [], "at \(moment)")
            }
            #expect(leftovers > 0, "none of 50 runs was killed while it had a database")
        }
    }

    @Test("--clean, at any of twelve moments: the old database or the new one, whole, and the next run replaces it")
    func clean() async throws {
        try await Self.with { fixture in
            let arguments = fixture.arguments("--clean", "--yes")
            func old() async throws {
                try await fixture.drop()
                try await fixture.server.psql("CREATE DATABASE copy")
                try await fixture.server.psql("CREATE TABLE old AS SELECT 1 AS id", database: "copy")
            }
            var run = RunMoments(
                length: try await undisturbed {
                    try await old()
                    let outcome = try await Dbctl.run(arguments)
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            for fraction in SeededMoments.spread(seed: 13, count: 12) {
                let moment = run.moment(fraction)
                try await old()
                if try await fixture.kill(after: moment, arguments) { run.runHadEnded(at: moment) }
                let found = try await fixture.server.psql(
                    "SELECT to_regclass('old'), to_regclass('big')", database: "copy")
                #expect(["old|", "|big"].contains(found), "\(found) at \(moment)")
                if found == "|big" { #expect(try await fixture.differences() == [], "at \(moment)") }
                let again = try await Dbctl.run(arguments)
                #expect(again.exitCode == 0, "after SIGKILL at \(moment): \(again)")
                // Also the old database of a run that was killed before it had dropped it.
                #expect(try await fixture.databases() == ["copy"], "at \(moment), found \(found): \(again)")
                #expect(try await fixture.differences() == [], "at \(moment)")
            }
        }
    }

    @Test("into an empty database that was there, at any of twelve moments: empty, or 73 and --resume goes on with it")
    func existing() async throws {
        try await Self.with { fixture in
            func empty() async throws {
                try await fixture.drop()
                try await fixture.server.psql("CREATE DATABASE copy")
            }
            var run = RunMoments(
                length: try await undisturbed {
                    try await empty()
                    let outcome = try await Dbctl.run(fixture.arguments())
                    #expect(outcome.exitCode == 0, "\(outcome)")
                })
            for fraction in SeededMoments.spread(seed: 14, count: 12) {
                let moment = run.moment(fraction)
                try await empty()
                if try await fixture.kill(after: moment, fixture.arguments()) { run.runHadEnded(at: moment) }
                let isEmpty =
                    try await fixture.server.psql(
                        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", database: "copy")
                    == "0"
                let again = try await Dbctl.run(fixture.arguments())
                if again.exitCode != 0 {
                    #expect(again.exitCode == 73, "after SIGKILL at \(moment): \(again)")
                    if again.stderr.contains("--resume") {
                        let resumed = try await Dbctl.run(fixture.arguments() + ["--resume"])
                        #expect(resumed.exitCode == 0, "after SIGKILL at \(moment): \(resumed)")
                    } else {
                        // Killed when all was done but the program itself.
                        #expect(again.stderr.contains("not empty"), "after SIGKILL at \(moment): \(again)")
                    }
                }
                #expect(isEmpty || again.exitCode == 73, "after SIGKILL at \(moment): \(again)")
                #expect(try await fixture.differences() == [], "after SIGKILL at \(moment)")
            }
        }
    }
}
