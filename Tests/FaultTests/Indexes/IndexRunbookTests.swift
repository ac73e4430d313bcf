import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/invalid-index.md`, read and run: each of its blocks mends the situation that it is for.
@Suite struct IndexRunbookTests {
    private func run(
        _ heading: String, _ place: Int, _ fixture: IndexFixture, _ replaced: (String, String)...,
        location: SourceLocation = #_sourceLocation
    ) async throws -> Program.Outcome {
        let blocks = try Runbook.blocks(of: "invalid-index.md").filter { $0.heading == heading }
        var script = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location).script
        for (old, new) in replaced {
            #expect(script.contains(old), sourceLocation: location)
            script = script.replacing(old, with: new)
        }
        let outcome = try await Runbook.run(
            "export DATABASE_URL='\(fixture.database.url)'\n\(script)",
            programs: fixture.database.server.binaries.folder, folder: "/tmp")
        #expect(outcome.exitCode == 0, "\(script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location)
        return outcome
    }

    private func over(_ fixture: IndexFixture) async throws {
        let outcome = try await run("How to know that it is over", 0, fixture)
        #expect(outcome.stdout.hasPrefix("Nothing to repair.") && !outcome.stdout.contains("invalid"))
    }

    /// By somebody who is no superuser: those are never ended.
    private func held(_ fixture: IndexFixture, _ statement: String, _ body: () async throws -> Void) async throws {
        let role = TestServer.uniqueName("r")
        try await fixture.database.psql(
            "CREATE ROLE \(role) LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role)")
        try await fixture.holding(statement, user: role, body)
        try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
    }

    private func pid(_ fixture: IndexFixture) async throws -> String {
        try await fixture.database.psql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'forgotten' AND datname = current_database()")
    }

    @Test("a build that died is seen, and rebuilt or dropped", arguments: [0, 1])
    func died(decision: Int) async throws {
        try await IndexFixture.with { fixture in
            try await fixture.create("prices", "date")
            try await fixture.invalidate("prices_date_idx")
            let verdict = try await run("Symptom and verdict", 0, fixture)
            #expect(verdict.stdout.contains("invalid") && verdict.stdout.contains("REINDEX INDEX CONCURRENTLY"))
            _ = try await run("A build died", decision, fixture)
            #expect(try await fixture.indexes() == (decision == 0 ? ["prices_date_idx valid"] : []))
            try await over(fixture)
        }
    }

    @Test("a transaction that holds the table is ended, and the INVALID index goes")
    func held() async throws {
        try await IndexFixture.with { fixture in
            try await held(fixture, "SELECT count(*) FROM prices") {
                let request = fixture.request { $0.maximumWait = .milliseconds(500) }
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.create("prices", "date", request: request)
                }
                #expect(failure?.code == .indexLeftover)
                _ = try await run("A transaction holds the table", 0, fixture, ("12345", try await pid(fixture)))
            }
            try await over(fixture)
        }
    }

    @Test("a build that waits goes on once the transaction is ended; meanwhile the list says building")
    func waiting() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            try await held(fixture, "SELECT * FROM other") {
                let build = Task { try await fixture.create("prices", "date") }
                try await eventually("it is being built") { try await fixture.indexes() == ["prices_date_idx invalid"] }
                #expect(try await run("Symptom and verdict", 0, fixture).stdout.contains("building"))
                #expect(try await run("Somebody is building", 0, fixture).stdout.contains("waiting for old snapshots"))
                _ = try await run("A build waits for a transaction", 0, fixture, ("12345", try await pid(fixture)))
                #expect(try await build.value.indexes[0].state == .created)
            }
            try await over(fixture)
        }
    }

    @Test("a partitioned index that is incomplete is completed by the same command")
    func incomplete() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, date date) PARTITION BY RANGE (date);
            CREATE TABLE prices_1 PARTITION OF prices FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
            CREATE INDEX prices_asset_id_date_idx ON ONLY prices (asset_id, date);
            """
        try await IndexFixture.with(schema) { fixture in
            #expect(try await run("Symptom and verdict", 0, fixture).stdout.contains("incomplete"))
            _ = try await run("A partitioned index is incomplete", 0, fixture)
            #expect(try await fixture.indexes().allSatisfy { $0.hasSuffix(" valid") })
            try await over(fixture)
        }
    }

    @Test("a unique index that rejects rows is dropped")
    func rejecting() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE UNIQUE INDEX prices_date_idx ON prices (close)")
            try await fixture.invalidate("prices_date_idx")
            await #expect(throws: (any Error).self) {
                try await fixture.database.psql("INSERT INTO prices SELECT * FROM prices LIMIT 1")
            }
            try await held(fixture, "SELECT count(*) FROM prices") {
                _ = try await run("Writers are being rejected", 0, fixture, ("12345", try await pid(fixture)))
            }
            try await fixture.database.psql("INSERT INTO prices SELECT * FROM prices LIMIT 1")
            try await over(fixture)
        }
    }
}
