import DBKit
import Foundation
import TestSupport
import Testing

/// What a conversion keeps of a table, and of all that refers to it: `Tests/Fixtures/convert.sql`, looked at by
/// `convert_kept.sql` before and after.
@Suite("What a conversion keeps")
struct ConvertKeptTests {
    private static func fixture(_ name: String) throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/\(name)")
        return try String(contentsOfFile: file.standardized.path, encoding: .utf8)
    }

    private func with(_ more: String = "", major: Int, _ body: (ConvertFixture) async throws -> Void) async throws {
        let (reader, owner) = (TestServer.uniqueName("reader"), TestServer.uniqueName("owner"))
        let schema = try Self.fixture("convert.sql").replacing(":role_reader", with: reader)
            .replacing(":role_owner", with: owner).replacing(":publication", with: "published")
        let server = try await TestServer.shared(major: major)
        try await finally {
            try await ConvertFixture.with(schema + more, major: major, body)
        } cleanUp: {
            try await server.psql("DROP ROLE \(reader); DROP ROLE \(owner)")
        }
    }

    private func kept(_ fixture: ConvertFixture) async throws -> [String] {
        try await fixture.database.psql(try Self.fixture("convert_kept.sql")).split(separator: "\n").map(String.init)
    }

    private static let orders = ConvertFixture.monthly("orders", "placed")

    @Test(
        "columns, identity, defaults, indexes, constraints, foreign keys, triggers, policies, grants, comments, statistics, views, materialized views, rules, functions and publications: all as before, there and back",
        arguments: [15, 18])
    func all(major: Int) async throws {
        try await with(major: major) { fixture in
            let before = try await kept(fixture)
            #expect(before.count > 60)
            let plan = try await fixture.plan(Self.orders)
            #expect(plan.refusal(consented: true) == nil)
            #expect(
                plan.findings.filter { $0.severity == .consent }.map(\.object) == [
                    "orders_pkey", "orders_email", "orders_lower", "shipments_order on public.shipments",
                ])
            try await fixture.convert(Self.orders)
            #expect(try await fixture.isPartitioned("orders"))
            expectSame(try await kept(fixture), before)
            try await check(fixture)
            try await fixture.undo("orders")
            expectSame(shapes(try await kept(fixture)), shapes(before))
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("the same with the strategy attach", arguments: [15, 18])
    func attached(major: Int) async throws {
        let views = """
            DROP VIEW reports.shown; DROP MATERIALIZED VIEW reports.top; DROP MATERIALIZED VIEW reports.by_asset;
            DROP MATERIALIZED VIEW reports.empty; CREATE VIEW reports.shown AS SELECT 1; CREATE VIEW reports.by_asset AS SELECT 1;
            """
        try await with(views, major: major) { fixture in
            let before = try await kept(fixture)
            var orders = Self.orders
            orders.strategy = .attach
            try await fixture.convert(orders)
            #expect(try await fixture.isPartitioned("orders"))
            expectSame(try await kept(fixture), before)
            try await check(fixture)
            // A row of another partition, which comes along.
            try await fixture.database.psql(
                "INSERT INTO orders (placed, asset) SELECT max(placed) + interval '2 months', 1 FROM orders")
            let rows = try await fixture.content("orders")
            try await fixture.undo("orders")
            #expect(try await fixture.content("orders") == rows)
            expectSame(shapes(try await kept(fixture)), shapes(before))
            #expect(try await fixture.leftovers() == "")
        }
    }

    /// Without what was written in between.
    private func shapes(_ lines: [String]) -> [String] {
        lines.filter { !$0.hasPrefix("rows ") && !$0.hasPrefix("seen ") }
    }

    private func expectSame(_ after: [String], _ before: [String]) {
        let difference = Set(after).symmetricDifference(before).sorted()
        #expect(difference.isEmpty, "\(difference.joined(separator: "\n"))")
    }

    /// That they are not only there, but work.
    private func check(_ fixture: ConvertFixture) async throws {
        let database = fixture.database
        let highest = try await database.psql("SELECT max(id) FROM orders")
        let next = try await database.psql(
            "INSERT INTO orders (placed, asset, amount) VALUES ('2026-05-05', 3, 500) RETURNING id")
        #expect((Int(next) ?? 0) > (Int(highest) ?? 0))
        #expect(try await database.psql("SELECT count(*) FROM audit WHERE what = 'orders_before INSERT'") == "1")
        #expect(try await database.psql("SELECT count(*) FROM audit WHERE what = 'orders_deferred INSERT'") == "1")
        await #expect(throws: (any Error).self) {
            try await database.psql("INSERT INTO orders (placed, asset) VALUES ('2026-05-05', 999)")
        }
        await #expect(throws: (any Error).self) {
            try await database.psql("INSERT INTO orders (placed, asset, amount) VALUES ('2026-05-05', 3, -1)")
        }
        await #expect(throws: (any Error).self) {
            try await database.psql("INSERT INTO shipments VALUES (1, '2026-05-05')")
        }
        // Cascades, and the rule of the other table with it.
        try await database.psql("DELETE FROM shipments; DELETE FROM assets WHERE id = 50")
        #expect(try await database.psql("SELECT count(*) FROM orders WHERE asset = 50") == "0")
    }
}
