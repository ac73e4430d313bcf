import DBKit
import Foundation
import TestSupport
import Testing

@Suite("dbctl partition convert, as it is typed")
struct PartitionConvertCommandTests {
    private func dbctl(_ fixture: ConvertFixture, _ arguments: String..., folder: String = "/tmp") async throws
        -> DbctlOutcome
    {
        try await TestSupport.Dbctl.run(
            ["partition", "convert"] + arguments + ["--database-url", fixture.database.url, "--no-progress"],
            folder: folder)
    }

    private struct Document: Decodable {
        var schema: String
        var ok: Bool
        var exit: Int
        var data: ConvertReport
        var error: Reason?
    }

    private struct Reason: Decodable {
        var code: String
        var hint: String?
    }

    @Test("--plan says what is lost and moved, exits 80 without consent and 0 with it, and changes nothing")
    func plan() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + "CREATE VIEW seen AS SELECT id FROM attempts;") {
            fixture in
            let plan = try await dbctl(
                fixture, "attempts", "--by", "at", "--every", "1 month", "--plan", "--format", "json")
            #expect(plan.exitCode == 80, "\(plan)")
            let document = try plan.decode(Document.self)
            #expect(document.schema == "dbctl.partition.convert/1" && !document.ok && document.exit == 80)
            #expect(
                document.error?.code == "partition.convert_consent" && document.error?.hint?.contains("--yes") == true)
            #expect(document.data.state == .planned && document.data.isDryRun)
            #expect(document.data.findings.map(\.severity) == [.consent, .moves, .moves])
            #expect(document.data.partitions.first?.name == "public.attempts_p2026_01")
            #expect(document.data.key == ["id"] && document.data.rowsEstimate == 17_001)
            let consented = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month", "--plan", "--yes")
            #expect(consented.exitCode == 0, "\(consented)")
            #expect(
                consented.stdout.contains("DRY RUN")
                    && consented.stdout.contains("PRIMARY KEY (id) becomes PRIMARY KEY (id, \"at\")"))
            let dry = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month", "--yes", "--dry-run")
            #expect(dry.exitCode == 0 && dry.stdout.contains("CREATE TABLE"), "\(dry)")
            let silent = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month")
            #expect(silent.exitCode == 80)
            #expect(try await fixture.leftovers() == "")
            #expect(try await !fixture.isPartitioned())
            // As a table is that was loaded a minute ago.
            try await fixture.database.psql("TRUNCATE attempts; INSERT INTO attempts (at) VALUES ('2026-01-01')")
            let loaded = try await dbctl(
                fixture, "attempts", "--by", "at", "--every", "1 month", "--plan", "--yes", "--format", "json")
            #expect(try loaded.decode(Document.self).data.rowsEstimate == nil, "\(loaded)")
            let eyes = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month", "--plan", "--yes")
            #expect(eyes.stdout.contains("how many rows is not known until an ANALYZE"), "\(eyes)")
        }
    }

    @Test("converted, undone, converted again and finished: each with its document and its row of the history")
    func wholeStory() async throws {
        try await ConvertFixture.with { fixture in
            func step(_ more: [String]) async throws -> Document {
                try await TestSupport.Dbctl.run(
                    ["partition", "convert", "attempts"] + more
                        + ["--yes", "--max-stall", "10s", "--format", "json", "--database-url", fixture.database.url]
                ).decode(Document.self)
            }
            let begin = ["--by", "at", "--every", "1 month"]
            let converted = try await step(begin)
            #expect(converted.ok && converted.data.state == .converted && converted.data.rowsCompared == 17001)
            #expect((converted.data.stallS ?? 0) > 0 && converted.data.attempts == 1)
            #expect(try await step(begin).data.attempts == 0)
            #expect(try await step(["--undo"]).data.state == .undone)
            #expect(try await step(begin).data.state == .converted)
            #expect(try await step(["--finish"]).data.state == .finished)
            let none = try await dbctl(fixture, "attempts", "--undo", "--yes")
            #expect(none.exitCode == 66, "\(none)")
            let history = try await fixture.database.psql(
                "SELECT string_agg(outcome, ' ' ORDER BY started_at) FROM dbctl.operations WHERE command = 'partition convert'"
            )
            #expect(history == "succeeded succeeded succeeded succeeded succeeded")
            let ensured = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month", "--yes")
            #expect(ensured.exitCode == 80 && ensured.stderr.contains("partitioned already"), "\(ensured)")
        }
    }

    @Test("--undo and --finish are dry runs without consent")
    func consent() async throws {
        try await ConvertFixture.with { fixture in
            _ = try await dbctl(fixture, "attempts", "--by", "at", "--every", "1 month", "--yes", "--max-stall", "10s")
            for option in ["--undo", "--finish"] {
                let dry = try await dbctl(fixture, "attempts", option)
                #expect(
                    dry.exitCode == 0 && dry.stdout.contains("DRY RUN") && dry.stdout.contains("would be"), "\(dry)")
            }
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.leftovers() != "")
        }
    }

    @Test("exit codes: 64, 66, 78, 80")
    func exits() async throws {
        try await ConvertFixture.with { fixture in
            for (arguments, code) in [
                (["attempts"], 64), (["attempts", "--by", "at"], 64),
                (["attempts", "--by", "at", "--every", "soon"], 64),
                (["attempts", "--by", "at", "--every", "1 month", "--strategy", "magic"], 64),
                (["attempts", "--undo", "--finish"], 64), (["attempts", "--undo", "--by", "at"], 64),
                (["attempts", "--by", "at", "--every", "1 month", "--timezone", "Mars/Olympus"], 64),
                (["nope", "--by", "at", "--every", "1 month"], 66),
                (["attempts", "--by", "att", "--every", "1 month"], 66),
                (["attempts", "--finish"], 66), (["attempts", "--by", "at", "--rows", "10"], 78),
                (["attempts", "--by", "score", "--every", "1 month"], 80),
            ] {
                let outcome = try await TestSupport.Dbctl.run(
                    ["partition", "convert"] + arguments + ["--database-url", fixture.database.url])
                #expect(outcome.exitCode == Int32(code), "\(arguments): \(outcome)")
            }
        }
    }

    @Test("column, step, zone and names are those of the table's entry in dbctl.yaml")
    func declared() async throws {
        try await ConvertFixture.with { fixture in
            try await withTemporaryFolder { folder in
                try Data(
                    "partitions:\n  - {table: attempts, by: at, every: 1 quarter, timezone: Europe/Berlin, ahead: 1, name: \"{table}_{yyyy}q{q}\"}\n"
                        .utf8
                ).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
                let outcome = try await dbctl(
                    fixture, "attempts", "--yes", "--max-stall", "10s", "--format", "json", folder: folder)
                let document = try outcome.decode(Document.self)
                #expect(document.ok && document.data.every == "1 quarter", "\(outcome)")
                #expect(try await fixture.database.psql("SELECT count(*) FROM attempts_2026q2") != "0")
                // What it is from now on kept in: nothing is missing.
                let ensured = try await TestSupport.Dbctl.run(
                    ["partition", "ensure", "--database-url", fixture.database.url, "--format", "json"], folder: folder)
                #expect(ensured.exitCode == 0, "\(ensured)")
                let verified = try await TestSupport.Dbctl.run(
                    ["partition", "verify", "--database-url", fixture.database.url], folder: folder)
                #expect(verified.exitCode == 0, "\(verified)")
            }
        }
    }

    @Test("through a pooler: 78 naming direct_url")
    func pooler() async throws {
        try await ConvertFixture.with { fixture in
            try await PgBouncer.with(fixture.database.server, connections: 3) { pooler in
                let outcome = try await TestSupport.Dbctl.run([
                    "partition", "convert", "attempts", "--by", "at", "--every", "1 month", "--plan", "--database-url",
                    pooler.url(fixture.database),
                ])
                #expect(outcome.exitCode == 78 && outcome.stderr.contains("direct_url"), "\(outcome)")
            }
        }
    }

    @Test("a role without the right to create a schema is told the GRANT, and a plain owner with it converts")
    func plainOwner() async throws {
        let role = TestServer.uniqueName("plain")
        try await ConvertFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE ROLE \(role) LOGIN; ALTER TABLE attempts OWNER TO \(role); GRANT CREATE, USAGE ON SCHEMA public TO \(role)
                """)
            let url = fixture.database.url.replacing("postgres@", with: "\(role)@")
            let arguments = [
                "partition", "convert", "attempts", "--by", "at", "--every", "1 month", "--yes", "--max-stall", "10s",
                "--database-url", url,
            ]
            let refused = try await TestSupport.Dbctl.run(arguments)
            #expect(refused.exitCode == 77 && refused.stderr.contains("GRANT CREATE ON DATABASE"), "\(refused)")
            try await fixture.database.psql("GRANT CREATE ON DATABASE \(fixture.database.name) TO \(role)")
            let done = try await TestSupport.Dbctl.run(arguments)
            #expect(done.exitCode == 0, "\(done)")
            let undone = try await TestSupport.Dbctl.run([
                "partition", "convert", "attempts", "--undo", "--yes", "--max-stall", "10s", "--database-url", url,
            ])
            #expect(undone.exitCode == 0, "\(undone)")
            #expect(try await fixture.leftovers() == "")
            try await fixture.database.psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
        }
    }
}
