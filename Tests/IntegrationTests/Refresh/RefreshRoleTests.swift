import DBKit
import Foundation
import TestSupport
import Testing

/// Refreshes by roles that own nothing of dbctl's: what a message says to type is enough.
@Suite struct RefreshRoleTests {
    private static let feed = "asset_id,date,close,volume\n1,2024-01-01,110,1000\n3,2024-01-01,300,1\n"

    /// A login that may read and write the table of prices, and nothing else.
    private static func with(_ body: (RefreshFixture, _ role: String) async throws -> Void) async throws {
        try await RefreshFixture.with { fixture in
            let role = TestServer.uniqueName("feeder")
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN; GRANT SELECT, INSERT, UPDATE ON prices TO \(role); GRANT SELECT ON assets TO \(role)"
            )
            try await finally {
                try await body(fixture, role)
            } cleanUp: {
                try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    private func run(_ fixture: RefreshFixture, as role: String) async throws -> RefreshReport {
        var refresh = try fixture.refresh(Self.feed)
        refresh.request.server = ConnectionParameters(
            url: "postgresql://\(role)@127.0.0.1:\(fixture.database.server.port)/\(fixture.database.name)")
        return try await refresh.run()
    }

    /// Whatever stands behind the first line, which says as whom.
    private func typed(_ failure: Failure?) throws -> String {
        let hint = try #require(failure?.hint)
        #expect(hint.hasPrefix("Run this once as "), "\(hint)")
        return hint.split(separator: "\n").dropFirst().joined(separator: "\n")
    }

    @Test(
        "what the refusal of a plain role says to type lets it refresh and undo, on a fresh database",
        arguments: [1, 2])
    func fresh(_ looks: Int) async throws {
        try await Self.with { fixture, role in
            // The second time somebody else has made dbctl's tables before.
            if looks == 2 { try await fixture.run(RefreshFixture.same) }
            let refused = await #expect(throws: Failure.self) { try await run(fixture, as: role) }
            #expect(refused?.code == .refreshNotWritable && refused?.category == .authentication)
            let sql = try typed(refused)
            #expect(sql.contains("CREATE TABLE") == (looks == 1), "\(sql)")
            try await fixture.database.psql(sql)
            let report = try await run(fixture, as: role)
            #expect(report.inserted == 1 && report.updated == 1)
            let undone = try await fixture.undo(try #require(report.runID))
            #expect(undone.restored == 1 && undone.kept == 1)
        }
    }

    @Test("what a role may not do is granted by what the refusal says to type")
    func grants() async throws {
        try await Self.with { fixture, role in
            try await fixture.run(RefreshFixture.same)
            try await fixture.database.psql("REVOKE INSERT, UPDATE ON prices FROM \(role)")
            let refused = await #expect(throws: Failure.self) { try await run(fixture, as: role) }
            #expect(refused?.hint == "as its owner: GRANT INSERT, UPDATE ON public.prices TO \(role)")
            var request = fixture.request()
            request.server = ConnectionParameters(
                url: "postgresql://\(role)@127.0.0.1:\(fixture.database.server.port)/\(fixture.database.name)")
            let history = RefreshHistory(request)
            let hidden = await #expect(throws: Failure.self) {
                try await history.list(feed: nil, table: nil, limit: 1)
            }
            let hint = try #require(hidden?.hint)
            try await fixture.database.psql(String(hint.dropFirst("as its owner: ".count)))
            #expect(try await history.list(feed: nil, table: nil, limit: 1).runs.count == 1)
        }
    }

    @Test("R10 what another role's interrupted run has left is in nobody's way")
    func leftovers() async throws {
        try await Self.with { fixture, role in
            let refused = await #expect(throws: Failure.self) { try await run(fixture, as: role) }
            try await fixture.database.psql(try typed(refused))
            let oid = try await fixture.database.psql("SELECT 'prices'::regclass::oid")
            try await fixture.database.psql(
                """
                CREATE UNLOGGED TABLE dbctl.refresh_staging_\(oid) (n int);
                CREATE UNLOGGED TABLE dbctl.refresh_delta_\(oid)_abcdefgh (n int);
                CREATE UNLOGGED TABLE dbctl.refresh_staging_4242 (n int);
                """)
            #expect(try await run(fixture, as: role).updated == 1)
            // Whose they are, that role's next run takes them away.
            try await fixture.run(RefreshFixture.same)
            #expect(
                try await fixture.database.psql(
                    "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^refresh_(staging|delta)'") == "0"
            )
        }
    }
}
