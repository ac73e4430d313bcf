import DBKit
import Foundation
import TestSupport
import Testing

/// What `--resume` does with parts of tables, and where there is no journal; see ResumeFaultTests for those that are killed.
@Suite struct ResumeTests {
    /// Rows from here on wait at a gate.
    private static func table(_ gate: String) -> String {
        """
        CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
            WHILE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '\(gate)') LOOP
                PERFORM pg_catalog.pg_sleep(0.02);
            END LOOP;
            RETURN true;
        END $$;
        -- Nearly empty pages: a table is cut by pages, and the rows shall be few.
        CREATE TABLE big (id integer, t text, CHECK (id < 70000 OR public.gate())) WITH (fillfactor = 10);
        INSERT INTO big SELECT g, repeat('x', 130 + g % 50) FROM generate_series(1, 80000) AS g;
        """
    }

    @Test(
        "a table that came in part: only the other chunks are loaded, whatever --jobs is then, B14", arguments: [1, 3])
    func chunks(jobs: Int) async throws {
        let gate = TestServer.uniqueName("gate")
        try await TestServer.withDatabase { source in
            try await source.psql(Self.table(gate))
            try await TestServer.withDatabase { target in
                try await BackupFixture.with { fixture in
                    let set = try await fixture.create(source.url) { $0.jobs = 3 }
                    let chunks = try set.table("big").chunks.count
                    try #require(chunks > 1)
                    var request = RestoreRequest(source: set.folder, into: target.name)
                    request.smallestSplitTableBytes = 1 << 20
                    request.jobs = 2
                    try await source.psql("CREATE ROLE \(gate)")
                    let interrupted = Task { [request] in
                        try await DatabaseRestore(request, on: source.parameters, run: .make())()
                    }
                    let journal = "SELECT count(*) FROM dbctl_restore_journal.done WHERE part IS NOT NULL"
                    try await finally {
                        try await eventually("some chunks are there, and one waits") {
                            let waits = try await target.psql(
                                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                    + "AND wait_event = 'PgSleep'")
                            guard waits == "1" else { return false }
                            return try await target.psql(journal) != "0"
                        }
                    } cleanUp: {
                        interrupted.cancel()
                        _ = await interrupted.result
                        try await source.psql("DROP ROLE \(gate)")
                    }
                    let failure = await #expect(throws: Failure.self) { try await interrupted.value }
                    #expect(failure?.hint?.contains("--resume") == true)
                    let done = try #require(Int64(try await target.psql(journal)))
                    #expect(done > 0 && done < chunks)
                    let rows = try await target.psql("SELECT count(*) FROM big")

                    request.resumes = true
                    // A row less in the chunks that are there: they are counted by what the manifest says of each.
                    try await target.psql(
                        "CREATE TABLE kept AS SELECT * FROM big LIMIT 1; "
                            + "DELETE FROM big WHERE id IN (SELECT id FROM kept)")
                    let again = DatabaseRestore(request, on: source.parameters, run: .make())
                    let tampered = await #expect(throws: Failure.self) { try await again() }
                    let expected = try #require(Int64(rows))
                    let part = "public.big (\(expected) rows loaded, \(expected - 1) found)"
                    #expect(tampered?.message.contains(part) == true, "\(String(describing: tampered))")
                    try await target.psql("INSERT INTO big SELECT * FROM kept; DROP TABLE kept")
                    request.jobs = jobs
                    let oldest = try await target.psql("SELECT max(xmin::text::bigint) FROM big")
                    let result = try await DatabaseRestore(request, on: source.parameters, run: .make())()
                    #expect(result.skipped?.chunks == done)
                    #expect(result.skipped?.tables == 0 && result.tables == 1)
                    #expect(
                        try await target.psql("SELECT count(*) FROM big WHERE xmin::text::bigint <= \(oldest)") == rows)
                    #expect(try await set.manifest.differences(from: target.url) == [])
                }
            }
        }
    }

    @Test("a role that may not make a schema restores all the same, without a journal")
    func withoutJournal() async throws {
        try await RestoreFixture.with { fixture in
            let name = "\(fixture.database)_plain"
            let target = "\(fixture.database)_new"
            let role = "\(fixture.database)_poor"
            try await fixture.server.psql("CREATE DATABASE \(name) TEMPLATE template0")
            try await fixture.server.psql("CREATE TABLE t AS SELECT 1 AS id", database: name)
            let archive = try await fixture.archive(of: name)
            try await fixture.server.psql("CREATE ROLE \(role) LOGIN")
            try await fixture.server.psql("CREATE DATABASE \(target) TEMPLATE template0")
            try await fixture.server.psql("GRANT CREATE ON SCHEMA public TO \(role)", database: target)
            try await finally {
                var request = RestoreRequest(source: archive, into: target)
                request.skipsOwners = true
                try await DatabaseRestore(request, on: fixture.url.setting("user", role), run: .make())()
                #expect(try await fixture.server.psql("SELECT id FROM t", database: target) == "1")
            } cleanUp: {
                try await fixture.drop(target)
                try await fixture.server.psql("DROP ROLE \(role)")
            }
        }
    }
}
