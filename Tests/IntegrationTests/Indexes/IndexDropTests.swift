import DBKit
import TestSupport
import Testing

@Suite("Index drop and apply")
struct IndexDropTests {
    private static let schema = """
        CREATE TABLE assets (id int PRIMARY KEY, symbol text NOT NULL);
        CREATE UNIQUE INDEX symbols ON assets (symbol);
        CREATE TABLE prices (asset_id int, symbol text REFERENCES assets (symbol), close int NOT NULL, CHECK (close > 0));
        CREATE INDEX loose ON prices (close);
        """

    @Test("an index that nothing needs goes; a constraint's, a foreign key's and a replica identity are refused")
    func needed() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let plan = try await IndexDrop(fixture.request(), name: "loose").plan()
            #expect(plan.statements == ["DROP INDEX CONCURRENTLY \"public\".\"loose\""] && plan.isDryRun)
            #expect(try await fixture.indexes() == ["loose valid"])
            _ = try await IndexDrop(fixture.request(), name: "public.loose").run()
            #expect(try await fixture.indexes() == [])
            for (name, said) in [("assets_pkey", "DROP CONSTRAINT \"assets_pkey\""), ("symbols", "conindid")] {
                let failure = await #expect(throws: Failure.self) {
                    try await IndexDrop(fixture.request(), name: name).run()
                }
                #expect(failure?.code == .indexConstraint && failure?.hint?.contains(said) == true)
            }
            try await fixture.database.psql(
                "CREATE UNIQUE INDEX identity ON prices (close); ALTER TABLE prices REPLICA IDENTITY USING INDEX identity"
            )
            let identity = await #expect(throws: Failure.self) {
                try await IndexDrop(fixture.request(), name: "identity").run()
            }
            #expect(identity?.code == .indexConstraint)
            let missing = await #expect(throws: Failure.self) {
                try await IndexDrop(fixture.request(), name: "loose").run()
            }
            #expect(missing?.code == .indexNotFound)
        }
    }

    @Test("those who use the table are waited for no longer than --max-wait: 81, and the same command completes it")
    func waiting() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.holding("SELECT * FROM prices") {
                let request = fixture.request { $0.maximumWait = .seconds(1) }
                let failure = await #expect(throws: Failure.self) { try await IndexDrop(request, name: "loose").run() }
                #expect(failure?.category == .partial && failure?.detail?.contains("forgotten") == true)
            }
            _ = try await IndexDrop(fixture.request(), name: "loose").run()
            #expect(try await fixture.indexes() == [])
        }
    }

    @Test("a partitioned index goes as a whole; a partition's part alone does not")
    func partitioned() async throws {
        let schema = """
            CREATE TABLE prices (a int) PARTITION BY RANGE (a);
            CREATE TABLE prices_1 PARTITION OF prices FOR VALUES FROM (0) TO (10);
            CREATE INDEX top ON prices (a);
            """
        try await IndexFixture.with(schema) { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await IndexDrop(fixture.request(), name: "prices_1_a_idx").run()
            }
            #expect(failure?.code == .indexPartitionChild && failure?.message.contains("public.top") == true)
            _ = try await IndexDrop(fixture.request(), name: "top").run()
            #expect(try await fixture.indexes() == [])
        }
    }

    @Test("apply builds what is missing, says what differs, and drops what is undeclared only with consent")
    func apply() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql(
                """
                CREATE INDEX any_name ON prices (date DESC); CREATE INDEX taken ON prices (close); CREATE INDEX stray ON prices (name);
                ALTER TABLE prices ADD PRIMARY KEY (asset_id, date);
                """)
            var named = IndexSpecification(table: "prices", columns: ["note"])
            named.name = "taken"
            let declared = [
                IndexSpecification(table: "prices", columns: ["date DESC"]), named,
                IndexSpecification(table: "prices", columns: ["asset_id", "close"]),
                IndexSpecification(table: "prices", columns: ["asset_id"]),
            ]
            var apply = IndexApply(fixture.request(), declared: declared)
            apply.prunes = true
            let plan = try await apply.plan()
            #expect(plan.indexes.map(\.state) == [.equivalent, .differs, .planned, .covered, .undeclared])
            #expect(plan.indexes.last?.name == "stray")
            let kept = try await apply.run(dropping: false)
            #expect(kept.indexes.map(\.state) == [.equivalent, .differs, .created, .covered, .undeclared])
            apply.request = fixture.request()
            let pruned = try await apply.run(dropping: true)
            #expect(pruned.indexes.map(\.state) == [.equivalent, .differs, .equivalent, .covered, .dropped])
            #expect(
                try await fixture.indexes() == [
                    "any_name valid", "prices_asset_id_close_idx valid", "prices_pkey valid", "taken valid",
                ])
        }
    }
}
