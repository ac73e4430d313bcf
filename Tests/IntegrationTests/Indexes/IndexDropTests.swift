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
                #expect(failure?.code == .indexLeftover && failure?.category == .partial)
                #expect(failure?.detail?.contains("forgotten") == true)
                #expect(failure?.detail?.contains("is INVALID") == true, "\(String(describing: failure))")
                let left = try await fixture.indexes()
                #expect(left == ["loose invalid"])
            }
            _ = try await IndexDrop(fixture.request(), name: "loose").run()
            #expect(try await fixture.indexes() == [])
        }
    }

    @Test("a lock that keeps it from its first step: 75, and the index is as it was")
    func locked() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.holding("LOCK TABLE prices IN SHARE UPDATE EXCLUSIVE MODE") {
                let request = fixture.request { $0.maximumWait = .milliseconds(500) }
                let failure = await #expect(throws: Failure.self) { try await IndexDrop(request, name: "loose").run() }
                #expect(failure?.code == .indexMaxWait && failure?.category == .busy)
                #expect(failure?.detail?.contains("as it was") == true, "\(String(describing: failure))")
                let left = try await fixture.indexes()
                #expect(left == ["loose valid"])
            }
        }
    }

    @Test("a drop that is cancelled on its way says at once that the index is out of use")
    func cancelled() async throws {
        actor Told {
            var left: [String] = []
            func add(_ event: IndexEvent) { if case .left(let what) = event { left.append(what) } }
        }
        try await IndexFixture.with(Self.schema) { fixture in
            let told = Told()
            try await fixture.holding("SELECT * FROM prices") {
                let request = fixture.request { $0.onEvent = { event in Task { await told.add(event) } } }
                let task = Task { try await IndexDrop(request, name: "loose").run() }
                try await eventually("it is on its way") { try await fixture.indexes() == ["loose invalid"] }
                task.cancel()
                let failure = await #expect(throws: Failure.self) { try await task.value }
                #expect(failure?.category == .interrupted && failure?.detail?.contains("is INVALID") == true)
                try await eventually("it was said") { await told.left.first?.contains("public.loose") == true }
            }
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
            #expect(plan.indexes.map(\.state) == [.equivalent, .differs, .planned, .covered, .kept])
            #expect(plan.indexes.last?.name == "stray")
            let kept = try await apply.run(dropping: .none)
            #expect(kept.indexes.map(\.state) == [.equivalent, .differs, .created, .covered, .kept])
            apply.request = fixture.request()
            let guarded = try await apply.run(dropping: .all)
            // Not while a declared index of its table is not there.
            #expect(guarded.indexes.map(\.state) == [.equivalent, .differs, .equivalent, .covered, .kept])
            try await fixture.database.psql("DROP INDEX taken; CREATE INDEX taken ON prices (note)")
            apply.request = fixture.request()
            let doomed = try #require(try await apply.plan().indexes.last)
            #expect(doomed.state == .undeclared)
            #expect(doomed.statement == "DROP INDEX CONCURRENTLY \"public\".\"stray\"")
            let unseen = try await apply.run(dropping: .shown(["public.other"]))
            #expect(unseen.indexes.map(\.state) == [.equivalent, .equivalent, .equivalent, .covered, .undeclared])
            apply.request = fixture.request()
            let pruned = try await apply.run(dropping: .all)
            #expect(pruned.indexes.map(\.state) == [.equivalent, .equivalent, .equivalent, .covered, .dropped])
            #expect(
                try await fixture.indexes() == [
                    "any_name valid", "prices_asset_id_close_idx valid", "prices_pkey valid", "taken valid",
                ])
        }
    }

    @Test("what fails is in the record too; a declaration that cannot be read is found before anything is built")
    func failing() async throws {
        try await IndexFixture.with { fixture in
            var unique = IndexSpecification(table: "prices", columns: ["date"])
            unique.isUnique = true
            let plain = IndexSpecification(table: "prices", columns: ["close"])
            let apply = IndexApply(fixture.request(), declared: [plain, unique])
            let report = try await apply.run(dropping: .none)
            #expect(report.indexes.map(\.state) == [.created, .failed] && report.failure?.code == .indexDuplicates)
            #expect(try await fixture.database.psql("SELECT outcome FROM dbctl.operations") == "failed")
            let unknown = IndexSpecification(table: "nope", columns: ["a"])
            let other = IndexSpecification(table: "prices", columns: ["name"])
            await #expect(throws: Failure.self) {
                try await IndexApply(fixture.request(), declared: [other, unknown]).run(dropping: .none)
            }
            #expect(try await fixture.indexes() == ["prices_close_idx valid"])
        }
    }

    @Test("busy after something was done is 81, not 75")
    func partly() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            let lock = try await JobLock.acquire(
                "index on public.other", on: fixture.database.parameters,
                settings: SessionSettings(applicationName: "another"), wait: .zero)
            let declared = [
                IndexSpecification(table: "prices", columns: ["date"]),
                IndexSpecification(table: "other", columns: ["a"]),
            ]
            for category in [Failure.Category.partial, .busy] {
                let request = fixture.request { $0.wait = .milliseconds(200) }
                let report = try await IndexApply(request, declared: declared).run(dropping: .none)
                #expect(report.failure?.category == category && report.failure?.code.name == "lock.held")
            }
            await lock.release()
        }
    }

    @Test("a unique index is a rule for the rows: apply --prune leaves it, and says so")
    func unique() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql(
                "CREATE UNIQUE INDEX rule ON prices (close); CREATE INDEX stray ON prices (name)")
            var apply = IndexApply(
                fixture.request(), declared: [IndexSpecification(table: "prices", columns: ["date"])])
            apply.prunes = true
            let report = try await apply.run(dropping: .all)
            #expect(report.indexes.map(\.state) == [.created, .kept, .dropped])
            #expect(report.indexes[1].note?.contains("unique") == true)
            #expect(try await fixture.indexes() == ["prices_date_idx valid", "rule valid"])
        }
    }
}
