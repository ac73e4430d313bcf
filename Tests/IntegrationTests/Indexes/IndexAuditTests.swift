import DBKit
import TestSupport
import Testing

@Suite("Index audit and repair, I8 I9")
struct IndexAuditTests {
    private static let schema = """
        CREATE TABLE assets (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text);
        INSERT INTO assets (symbol) SELECT 's' || i FROM generate_series(1, 20000) AS i;
        CREATE TABLE prices (id bigint PRIMARY KEY, asset_id smallint REFERENCES assets, close int, note text);
        INSERT INTO prices SELECT i, 1 + i % 100, i, 'n' FROM generate_series(1, 100000) AS i;
        CREATE TABLE keyless (a int);
        ANALYZE;
        """

    private func findings(_ fixture: IndexFixture) async throws -> [String] {
        try await IndexAudit(fixture.request()).run().findings.map { "\($0.kind.rawValue) \($0.object)" }
    }

    @Test("each kind is found, with its command, and goes when that is typed")
    func kinds() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let base = [
                "foreign_key_without_index public.prices.prices_asset_id_fkey", "missing_primary_key public.keyless",
                "narrow_key public.assets.id",
            ]
            #expect(try await findings(fixture) == base)
            let report = try await IndexAudit(fixture.request()).run()
            #expect(report.findings[0].command == "dbctl index create public.prices asset_id")
            #expect(report.findings[2].why.contains("20000, 61 %"))
            try await fixture.database.psql(
                """
                CREATE INDEX one ON prices (asset_id, close); CREATE INDEX two ON prices (asset_id, close);
                CREATE INDEX short ON prices (asset_id); CREATE INDEX lazy ON prices (note);
                CREATE INDEX broken ON prices (close); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
                SET enable_seqscan = off; SELECT count(*) FROM prices WHERE asset_id = 3 AND close = 5;
                """)
            let found = try await findings(fixture)
            #expect(found.contains("invalid public.broken") && found.contains("redundant public.short"), "\(found)")
            #expect(
                found.contains("unused public.lazy") && found.contains { $0.hasPrefix("duplicate public.") }, "\(found)"
            )
            #expect(!found.contains { $0.hasPrefix("foreign_key") }, "\(found)")
        }
    }

    @Test("an index of which most is empty is found, and repair --bloat makes it small")
    func bloat() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("CREATE INDEX fat ON prices (close); DELETE FROM prices WHERE id % 10 <> 0")
            try await fixture.database.psql("VACUUM ANALYZE prices")
            #expect(try await findings(fixture).contains("bloated public.fat"))
            let before = try await fixture.database.psql("SELECT pg_relation_size('fat')")
            var repair = IndexRepair(fixture.request())
            repair.bloat = 0.5
            let report = try await repair.run()
            #expect(report.failure == nil && report.indexes.contains { $0.name == "fat" && $0.state == .rebuilt })
            let after = try await fixture.database.psql("SELECT pg_relation_size('fat')")
            #expect(Int(after) ?? 0 < (Int(before) ?? 0) / 2)
            #expect(try await !findings(fixture).contains("bloated public.fat"))
        }
    }

    @Test("where no update is HOT, the index that is read least is named")
    func neverHot() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("CREATE INDEX hot ON prices (close)")
            try await fixture.database.psql("UPDATE prices SET close = close + 1 WHERE id <= 2000")
            try await eventually("the statistics have come in") {
                try await findings(fixture).contains("never_hot public.hot")
            }
        }
    }

    @Test("what REINDEX and DROP left is dropped, other INVALID ones are rebuilt, and a second repair finds nothing")
    func repair() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                """
                CREATE INDEX broken ON prices (close); CREATE INDEX prices_pkey_ccnew ON prices (id);
                CREATE INDEX prices_x_ccold1 ON prices (note); CREATE INDEX half ON prices (asset_id);
                UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY ('{broken,prices_pkey_ccnew,prices_x_ccold1,half}'::regclass[]);
                UPDATE pg_index SET indisready = false, indislive = false WHERE indexrelid = 'half'::regclass;
                """)
            let plan = try await IndexRepair(fixture.request()).plan()
            #expect(plan.indexes.allSatisfy { $0.state == .planned } && plan.indexes.count == 4)
            let report = try await IndexRepair(fixture.request()).run()
            let done = Dictionary(uniqueKeysWithValues: report.indexes.map { ($0.name ?? "", $0.state) })
            #expect(
                done == [
                    "broken": .rebuilt, "prices_pkey_ccnew": .dropped, "prices_x_ccold1": .dropped, "half": .dropped,
                ])
            #expect(try await fixture.indexes() == ["broken valid", "prices_pkey valid"])
            #expect(try await IndexRepair(fixture.request()).run().indexes.isEmpty)
        }
    }

    @Test("a unique index that cannot be rebuilt is said so, and leaves no second one")
    func duplicates() async throws {
        try await IndexFixture.with("CREATE TABLE prices (a int); INSERT INTO prices VALUES (1), (1)") { fixture in
            _ = try? await fixture.database.psql("CREATE UNIQUE INDEX CONCURRENTLY bad ON prices (a)")
            #expect(try await fixture.indexes() == ["bad invalid"])
            let report = try await IndexRepair(fixture.request()).run()
            #expect(report.indexes.map(\.state) == [.failed] && report.failure?.code == .indexDuplicates)
            #expect(try await fixture.indexes() == ["bad invalid"])
        }
    }
}
