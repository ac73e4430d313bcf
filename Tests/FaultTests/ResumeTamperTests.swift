import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// `--resume` in a half-restored database that somebody has changed since.
@Suite struct ResumeTamperTests {
    private struct Document: Decodable {
        var data: RestoreResult?
        var error: Problem?
        struct Problem: Decodable {
            var code: String
            var message: String
            var hint: String?
        }
    }

    private static func arguments(_ fixture: ResumeFixture, _ source: String, _ options: [String]) -> [String] {
        ["restore", "--database-url", fixture.url, "--from", source, "--into", "copy", "--format", "json"] + options
    }

    /// Kills a restore at a gate, usually when seven tables are loaded; returns the database that it has left.
    private static func kill(
        _ fixture: ResumeFixture, _ source: String, _ options: [String], at gate: ResumeFixture.Gate = .late,
        by signal: Int32 = SIGKILL, staysClosed: Bool = false
    ) async throws -> String {
        try await fixture.close(gate)
        _ = try await Dbctl.withRunning(arguments(fixture, source, options)) { running in
            try await fixture.untilItWaits()
            try running.signal(signal)
        }
        if !staysClosed { try await fixture.open(gate) }
        let left = try await fixture.left()
        return left.isEmpty ? "copy" : left
    }

    @Test(
        "tables that were loaded and are dropped, emptied or short of a row since: 65 naming each with both counts",
        arguments: [true, false], [true, false])
    func tampered(creates: Bool, isPlain: Bool) async throws {
        try await ResumeFixture.with { fixture in
            let source = isPlain ? "\(fixture.folder)/plain" : try await fixture.backup()
            if isPlain {
                let dump = try await Program.run(
                    fixture.server.binaries.program("pg_dump"), ["-Fd", "-f", source, "source"],
                    environment: ["PGHOST": "127.0.0.1", "PGPORT": "\(fixture.server.port)", "PGUSER": "postgres"])
                try #require(dump.exitCode == 0, "\(dump)")
            }
            if !creates { try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0") }
            let options = (creates ? ["--create"] : []) + ["--jobs", "1"]
            let left = try await Self.kill(fixture, source, options)
            try await fixture.server.psql(
                "DELETE FROM t01 WHERE id = 7; TRUNCATE t04; DROP TABLE t03", database: left)
            for extra in [["--dry-run"], []] {
                let refused = try await Dbctl.run(Self.arguments(fixture, source, options + ["--resume"] + extra))
                let error = try #require(try refused.decode(Document.self).error, "\(refused)")
                #expect(refused.exitCode == 65 && error.code == "restore.resume_rows", "\(refused)")
                for part in [
                    "public.t01 (2900 rows loaded, 2899 found)", "public.t04 (2600 rows loaded, 0 found)",
                    "public.t03 (2700 rows loaded, the table is gone)",
                ] {
                    #expect(error.message.contains(part), "\(refused)")
                }
                #expect(!error.message.contains("t05"))
                #expect(error.hint?.contains("without --resume") == true)
                // One next step, not two.
                #expect(error.hint?.contains("it goes on") == false)
            }
            let kept = try await fixture.left()
            let journal = "SELECT count(*) FROM dbctl_restore_journal.done"
            #expect(try await fixture.server.psql(journal, database: kept.isEmpty ? "copy" : kept) != "0")
            // Back as they were, it goes on: what is counted is exact.
            if !creates { try await fixture.server.psql("DROP DATABASE copy; CREATE DATABASE copy TEMPLATE template0") }
            let again = try await Dbctl.run(Self.arguments(fixture, source, options))
            #expect(again.exitCode == 0, "\(again)")
            #expect(
                try await fixture.server.psql(
                    "SELECT count(*) FROM t01; SELECT count(*) FROM t03", database: "copy") == "2900\n2700")
        }
    }

    @Test("right after kill -9, with parallel workers at an index: the dead run's sessions are ended, and it goes on")
    func parallelWorkers() async throws {
        try await ResumeFixture.with { fixture in
            try await fixture.server.psql(
                """
                SET session_replication_role = replica;
                CREATE FUNCTION safe_gate(name text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS
                    $$ BEGIN RETURN public.gate(name); END $$;
                ALTER FUNCTION gate(text) PARALLEL SAFE;
                CREATE TABLE parallel WITH (parallel_workers = 2) AS
                    SELECT g AS id, repeat('x', 900) AS t FROM generate_series(1, 2000) AS g;
                CREATE INDEX ON parallel (id, safe_gate('gate_index' || left(id::text, 0)));
                """, database: "source")
            let set = try await fixture.backup()
            try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0")
            let options = ["--jobs", "2"]
            try await fixture.close(.index)
            _ = try await Dbctl.withRunning(Self.arguments(fixture, set, options)) { running in
                try await eventually("a parallel worker stands before the gate") {
                    try await fixture.server.psql(
                        """
                        SELECT count(*) > 0 FROM pg_stat_activity
                        WHERE backend_type = 'parallel worker' AND application_name LIKE 'dbctl restore%'
                            AND wait_event = 'PgSleep'
                        """) == "t"
                }
                try running.signal(SIGKILL)
            }
            let resumed = try await Dbctl.withRunning(Self.arguments(fixture, set, options + ["--resume"])) { running in
                try await eventually("it has taken the work over") {
                    guard !running.hasEnded else { return true }
                    return try await fixture.server.psql(
                        "SELECT count(*) FROM dbctl_restore_journal.run", database: "copy") == "2"
                }
                try await fixture.open(.index)
            }
            #expect(resumed.exitCode == 0, "\(resumed)")
        }
    }

    @Test(
        "another role than the one whose restore it is: 77 naming that role and what to type", arguments: [true, false])
    func otherRole(creates: Bool) async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            try await fixture.server.psql("CREATE ROLE poor LOGIN CREATEDB")
            if !creates { try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0 OWNER poor") }
            let options = (creates ? ["--create"] : []) + ["--no-owner"]
            _ = try await Self.kill(fixture, set, options)
            let url = "postgresql://poor@127.0.0.1:\(fixture.server.port)/postgres"
            let refused = try await Dbctl.run(
                [
                    "restore", "--database-url", url, "--from", set, "--into", "copy", "--format", "json", "--resume",
                ] + options)
            let error = try #require(try refused.decode(Document.self).error, "\(refused)")
            #expect(refused.exitCode == 77 && error.code == "restore.not_the_owner", "\(refused)")
            #expect(error.message.contains("is the role postgres's, and poor may not go on with it"))
            #expect(error.hint?.contains("the same command as postgres") == true)
            #expect(error.hint?.contains(creates ? "leave out --resume" : "drop and create the database") == true)
            let resumed = try await Dbctl.run(Self.arguments(fixture, set, options + ["--resume"]))
            #expect(resumed.exitCode == 0, "\(resumed)")
        }
    }

    @Test(
        "a journal without its rows is no journal: 65 saying so, with one way on",
        arguments: [
            "TRUNCATE dbctl_restore_journal.done", "TRUNCATE dbctl_restore_journal.purpose",
            "DROP TABLE dbctl_restore_journal.done",
        ], [true, false])
    func emptied(how: String, creates: Bool) async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            if !creates { try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0") }
            let options = creates ? ["--create"] : []
            let left = try await Self.kill(fixture, set, options)
            try await fixture.server.psql(how, database: left)
            let refused = try await Dbctl.run(Self.arguments(fixture, set, options + ["--resume"]))
            let error = try #require(try refused.decode(Document.self).error, "\(refused)")
            #expect(refused.exitCode == 65 && error.code == "restore.journal_damaged", "\(refused)")
            #expect(error.message.contains("was emptied") && error.message.contains(left), "\(refused)")
            let again = creates ? "leave out --resume to begin again" : "drop and create the database to begin again"
            #expect(error.hint == "\(again): there is nothing to go on with", "\(refused)")
        }
    }

    @Test("a backup of a half-restored database says what it is, and so does a restore of that")
    func halfRestored() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0")
            _ = try await Self.kill(fixture, set, [])
            let backup = try await Dbctl.run([
                "backup", "create", "--database-url", fixture.url(of: "copy"), "--repo", "\(fixture.folder)/half",
                "--format", "json",
            ])
            #expect(backup.exitCode == 0, "\(backup)")
            let data = try #require(try backup.json()["data"] as? [String: Any])
            let warnings = try #require(data["warnings"] as? [String])
            #expect(
                warnings.contains { $0.contains("copy is a half-restored database") && $0.contains("--resume") },
                "\(warnings)")
            let half = try #require(data["path"] as? String)
            let restored = try await Dbctl.run([
                "restore", "--database-url", fixture.url, "--from", half, "--into", "again", "--create", "--format",
                "json",
            ])
            #expect(restored.exitCode == 0, "\(restored)")
            let said = try restored.decode(Document.self).data?.warnings
            #expect(said?.contains { $0.contains("half-restored") } == true, "\(restored)")
        }
    }

    @Test(
        "a resumed restore that is stopped says one thing to type next", arguments: [SIGINT, SIGTERM], [true, false])
    func stopped(signal: Int32, creates: Bool) async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            if !creates { try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0") }
            let options = creates ? ["--create"] : []
            _ = try await Self.kill(fixture, set, options)
            try await eventually("the killed run's sessions end") {
                try await fixture.server.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%'") == "0"
            }
            try await fixture.close(.index)
            let stopped = try await Dbctl.withRunning(Self.arguments(fixture, set, options + ["--resume"])) { running in
                try await fixture.untilItWaits()
                try running.signal(signal)
            }
            try await fixture.open(.index)
            let error = try #require(try stopped.decode(Document.self).error, "\(stopped)")
            #expect(stopped.exitCode == (signal == SIGINT ? 130 : 143))
            #expect(error.hint?.hasPrefix("run the same command with --resume: it goes on") == true, "\(stopped)")
        }
    }
}
