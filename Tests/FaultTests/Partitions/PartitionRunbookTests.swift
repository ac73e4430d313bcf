import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/partitions-missing.md`, read and run: each of its blocks mends the situation that it is for.
@Suite struct PartitionRunbookTests {
    private struct Scene {
        let fixture: PartitionFixture
        let folder: String

        @discardableResult func run(
            _ heading: String, _ place: Int = 0, _ replaced: (String, String)...,
            location: SourceLocation = #_sourceLocation
        ) async throws -> Program.Outcome {
            let blocks = try Runbook.blocks(of: "partitions-missing.md").filter { $0.heading == heading }
            var script = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location)
                .script
            for (old, new) in replaced {
                #expect(script.contains(old), sourceLocation: location)
                script = script.replacing(old, with: new)
            }
            let outcome = try await Runbook.run(
                "export DATABASE_URL='\(fixture.database.url)'\n\(script)",
                programs: fixture.database.server.binaries.folder, folder: folder)
            #expect(outcome.exitCode == 0, "\(script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location)
            return outcome
        }
    }

    private func with(
        _ more: String = "", every: String = "1 month", _ body: (Scene) async throws -> Void
    ) async throws {
        try await PartitionFixture.with(PartitionFixture.schema + "\n" + more) { fixture in
            try await withTemporaryFolder { folder in
                try Data("partitions:\n  - {table: attempts, by: attempted_at, every: \(every)}\n".utf8).write(
                    to: URL(filePath: "\(folder)/dbctl.yaml"))
                let scene = Scene(fixture: fixture, folder: folder)
                try await body(scene)
                let over = try await scene.run("How to know that it is over")
                #expect(over.stdout.hasPrefix("OK: "))
            }
        }
    }

    @Test("each section with commands is run here")
    func complete() throws {
        let counts = Dictionary(
            try Runbook.blocks(of: "partitions-missing.md").map { ($0.heading, 1) }, uniquingKeysWith: +)
        #expect(
            counts == [
                "": 1, "Symptom and verdict": 1, "Nothing made them": 1, "Rows in the default partition": 1,
                "Somebody holds the lock": 2, "The name is taken": 1, "Bounds of another step": 1,
                "One partition far in the past": 1, "How to know that it is over": 1,
            ])
    }

    @Test("nothing made them: the verdict says so, and ensure makes them")
    func nothing() async throws {
        try await with { scene in
            let verdict = try await scene.run("Symptom and verdict")
            #expect(verdict.stdout.contains("CRITICAL") && verdict.stdout.contains("writes fail now"))
            try await scene.run("Nothing made them")
        }
    }

    @Test("rows in the default partition are counted and moved")
    func stray() async throws {
        let filled = """
            CREATE TABLE rest PARTITION OF attempts DEFAULT;
            INSERT INTO attempts (attempted_at, user_id) SELECT now(), 1 FROM generate_series(1, 100);
            """
        try await with(filled) { scene in
            #expect(try await scene.run("Symptom and verdict").stderr.contains("partition.stray_rows"))
            let moved = try await scene.run("Rows in the default partition")
            #expect(moved.stdout.contains("100 rows") && moved.stdout.contains("drained"))
        }
    }

    @Test("whoever holds the lock is ended, or waited for", arguments: [0, 1])
    func locked(_ decision: Int) async throws {
        try await with("CREATE TABLE rest PARTITION OF attempts DEFAULT;") { scene in
            let role = TestServer.uniqueName("r")
            try await scene.fixture.database.psql(
                "CREATE ROLE \(role) LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role)")
            var settings = SessionSettings(applicationName: "forgotten")
            settings.searchPath = "public"
            let holder = try await Connection.open(
                scene.fixture.database.parameters.setting("user", role), settings: settings)
            try await finally {
                try await holder.run { session in
                    try session.execute("BEGIN")
                    _ = try session.rows("SELECT count(*) FROM attempts")
                }
                let pid = await holder.backendPID
                let refused = try await Dbctl.run(
                    ["partition", "ensure", "--wait", "100ms", "--database-url", scene.fixture.database.url],
                    folder: scene.folder)
                #expect(refused.exitCode == 75 && refused.stderr.contains("pid \(pid)"), "\(refused)")
                if decision == 0 {
                    try await scene.run("Somebody holds the lock", 0, ("12345", "\(pid)"))
                } else {
                    async let waiting = scene.run("Somebody holds the lock", 1)
                    try await eventually("it waits") {
                        try await scene.fixture.database.psql(
                            "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'dbctl partition%' AND datname = current_database()"
                        )
                            == "t"
                    }
                    await holder.close()
                    _ = try await waiting
                }
            } cleanUp: {
                await holder.close()
                try await scene.fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test("what has the name is kept under another one")
    func taken() async throws {
        try await with { scene in
            let name = try await scene.fixture.database.psql(
                "SELECT 'attempts_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
            try await scene.fixture.database.psql("CREATE TABLE \(name) (a int)")
            #expect(try await scene.run("Symptom and verdict").stdout.contains("CRITICAL"))
            try await scene.run("The name is taken", 0, ("attempts_p2026_03", name))
        }
    }

    @Test("a piece that is no whole range is named with its statement")
    func piece() async throws {
        try await with { scene in
            try await scene.fixture.database.psql(
                """
                DO $$ DECLARE m timestamptz := date_trunc('month', now(), 'UTC'); BEGIN EXECUTE format(
                    'CREATE TABLE half PARTITION OF attempts FOR VALUES FROM (%L) TO (%L)', m, m + interval '25 days');
                END $$
                """)
            let said = try await scene.run("Bounds of another step")
            let statement = try #require(
                said.stdout.split(separator: "\n").first {
                    $0.contains("CREATE TABLE public.attempts_piece1 PARTITION OF")
                }
            )
            try await scene.fixture.database.psql(String(statement))
            try await scene.run("Nothing made them")
        }
    }

    @Test("gaps without end are filled when they are meant")
    func endless() async throws {
        let old = """
            DO $$ DECLARE d timestamptz := date_trunc('day', now() - interval '1005 days', 'UTC'); BEGIN EXECUTE format(
                'CREATE TABLE ancient PARTITION OF attempts FOR VALUES FROM (%L) TO (%L)', d, d + interval '1 day');
            EXECUTE format('CREATE TABLE recent PARTITION OF attempts FOR VALUES FROM (%L) TO (%L)',
                d + interval '3 days', date_trunc('day', now(), 'UTC'));
            END $$;
            """
        try await with(old, every: "1 day") { scene in
            try await scene.run("One partition far in the past")
        }
    }
}
