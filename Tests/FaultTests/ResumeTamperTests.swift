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

    /// Kills a restore when seven tables are loaded; returns the database that it has left.
    private static func kill(_ fixture: ResumeFixture, _ source: String, _ options: [String]) async throws -> String {
        try await fixture.close(.late)
        _ = try await Dbctl.withRunning(arguments(fixture, source, options)) { running in
            try await fixture.untilItWaits()
            try running.signal(SIGKILL)
        }
        try await fixture.open(.late)
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
                #expect(error.hint?.contains("goes on with it") == false)
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
}
