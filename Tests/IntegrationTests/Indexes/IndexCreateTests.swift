import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Index create on a table, I1 I2 I4 I7")
struct IndexCreateTests {
    @Test("an index is built, and the same command again finds it: exit 0, no DDL", arguments: TestServer.majors)
    func rerun(major: Int) async throws {
        try await IndexFixture.with(major: major) { fixture in
            let first = try await fixture.create("prices", "asset_id", "date DESC")
            #expect(first.indexes.map(\.state) == [.created])
            #expect(first.indexes[0].name == "prices_asset_id_date_idx")
            let before = try await fixture.database.psql("SELECT 'prices_asset_id_date_idx'::regclass::oid")
            let second = try await fixture.create("public.prices", "asset_id", "date desc nulls first")
            #expect(second.indexes.map(\.state) == [.equivalent])
            #expect(try await fixture.database.psql("SELECT 'prices_asset_id_date_idx'::regclass::oid") == before)
            #expect(try await fixture.indexes() == ["prices_asset_id_date_idx valid"])
            let runs = try await fixture.database.psql(
                "SELECT outcome, counts ->> 'created' FROM dbctl.operations ORDER BY started_at")
            #expect(runs == "succeeded|1\nsucceeded|0")
        }
    }

    @Test("a wider index serves: 80 unless --force; a unique one is built all the same")
    func covered() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE INDEX wide ON prices (close, date)")
            let failure = await #expect(throws: Failure.self) { try await fixture.create("prices", "close") }
            #expect(failure?.code == .indexCovered && failure?.message.contains("public.wide") == true)
            #expect(try await fixture.create("prices", "close") { $0.isUnique = true }.indexes[0].state == .created)
            let forced = try await fixture.create("prices", "close", force: true)
            #expect(forced.indexes.map(\.name) == ["prices_close_idx1"])
        }
    }

    @Test("storage parameters make no other index, and are said")
    func storage() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE INDEX loose ON prices (date) WITH (fillfactor = 50)")
            let report = try await fixture.create("prices", "date")
            #expect(report.indexes[0].name == "loose" && report.notes.contains { $0.contains("fillfactor=50") })
        }
    }

    @Test("a dead INVALID index of the definition is rebuilt under its name: no twin with a number, I2")
    func deadLeftover() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.create("prices", "date")
            try await fixture.invalidate("prices_date_idx")
            let report = try await fixture.create("prices", "date")
            #expect(report.indexes.map(\.state) == [.created])
            #expect(try await fixture.indexes() == ["prices_date_idx valid"])
        }
    }

    @Test("a name that is taken by something else: 73 when it was asked for, else another one")
    func names() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE prices_date_idx (); CREATE INDEX mine ON prices (close)")
            let failure = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "date") { $0.name = "mine" }
            }
            #expect(failure?.code == .indexNameTaken)
            #expect(try await fixture.create("prices", "date").indexes[0].name == "prices_date_idx1")
        }
    }

    @Test("names mean themselves, and what cannot be meant is refused before anything is built")
    func spellings() async throws {
        try await IndexFixture.with("CREATE TABLE \"T x\" (\"order\" int, \"A\" int, a int, \"two words\" text)") {
            fixture in
            let table = "\"T x\""
            #expect(
                try await fixture.create(table, "order", "A DESC", "\"two words\" text_pattern_ops").indexes[0].state
                    == .created)
            let text = try await fixture.database.psql("SELECT indexdef FROM pg_indexes WHERE tablename = 'T x'")
            #expect(text.hasSuffix("(\"order\", \"A\" DESC, \"two words\" text_pattern_ops)"))
            for (columns, code) in [
                (["nope"], FailureCode.indexColumn), (["a,order"], .indexColumn), (["a frob_ops"], .indexDefinition),
                (["(random())"], .indexDefinition), (["a) ; DROP TABLE x; --"], .indexColumn),
            ] {
                let failure = await #expect(throws: Failure.self) { try await fixture.creation(table, columns).run() }
                #expect(failure?.code == code, "\(columns): \(String(describing: failure))")
            }
            let missing = await #expect(throws: Failure.self) { try await fixture.create("nope", "a") }
            #expect(missing?.code == .indexTableNotFound && missing?.category == .notFound)
        }
    }

    @Test("--unique over duplicates is refused with sample keys before it is built; NULLs and the predicate count, I4")
    func duplicates() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql(
                "INSERT INTO prices VALUES (1, '2030-01-01', 7, 'x', NULL), (2, '2030-01-01', 7, 'x', NULL)")
            let failure = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "date", "close") { $0.isUnique = true }
            }
            #expect(failure?.code == .indexDuplicates && failure?.detail?.contains("(2030-01-01,7) 2 times") == true)
            #expect(try await fixture.indexes() == [])
            let valid = try await fixture.create("prices", "date", "close") {
                $0.isUnique = true
                $0.predicate = "date < '2030-01-01'"
            }
            #expect(valid.indexes[0].state == .created)
            #expect(try await fixture.create("prices", "note") { $0.isUnique = true }.indexes[0].state == .created)
            let nulls = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "note") {
                    $0.isUnique = true
                    $0.nullsNotDistinct = true
                }
            }
            #expect(nulls?.code == .indexDuplicates)
        }
    }

    @Test("too little room: 73 before any DDL; the sort counts, I7")
    func room() async throws {
        try await IndexFixture.with { fixture in
            let estimate = try await fixture.creation("prices", ["date"]).plan().indexes[0].estimateBytes ?? 0
            #expect(estimate > 0)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.create(
                    "prices", "date", request: fixture.request { $0.freeBytes = { _ in estimate - 1 } })
            }
            #expect(failure?.code == .indexNoSpace && failure?.category == .cannotCreate)
            #expect(try await fixture.indexes() == [])
            try await fixture.database.psql(
                "ALTER DATABASE \(fixture.database.name) SET maintenance_work_mem = '1MB'; UPDATE prices SET note = repeat('x', 100) || ctid::text; ANALYZE prices"
            )
            let index = try await fixture.creation("prices", ["note"]).plan().indexes[0].estimateBytes ?? 0
            let sorting = await #expect(throws: Failure.self) {
                try await fixture.create(
                    "prices", "note", request: fixture.request { $0.freeBytes = { _ in index * 3 / 2 } })
            }
            #expect(sorting?.message.contains("while it is sorted") == true)
            #expect(
                try await fixture.create(
                    "prices", "note", request: fixture.request { $0.freeBytes = { _ in index * 3 } }
                ).indexes[0].state == .created)
        }
    }

    @Test("a materialized view is indexed; a view is refused, and somebody else's table too")
    func kinds() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql(
                "CREATE MATERIALIZED VIEW m AS SELECT * FROM prices; CREATE VIEW v AS SELECT 1 AS a")
            #expect(try await fixture.create("m", "date").indexes[0].state == .created)
            let view = await #expect(throws: Failure.self) { try await fixture.create("v", "a") }
            #expect(view?.code == .indexNotATable)
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql("CREATE ROLE \(role) LOGIN; GRANT SELECT ON prices TO \(role)")
            let other = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "date", request: fixture.request { $0.server.set("user", role) })
            }
            #expect(other?.code == .indexNotOwner && other?.category == .authentication)
            try await fixture.database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("a role without TEMP can build, and what it asks the server with is gone")
    func withoutTemporary() async throws {
        try await IndexFixture.with { fixture in
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN; ALTER TABLE prices OWNER TO \(role); GRANT CREATE ON SCHEMA public TO \(role); REVOKE TEMPORARY ON DATABASE \(fixture.database.name) FROM PUBLIC"
            )
            let asRole: (inout IndexRequest) -> Void = { $0.server.set("user", role) }
            #expect(
                try await fixture.create("prices", "(lower(name))", request: fixture.request(asRole)).indexes[0].state
                    == .created)
            #expect(
                try await fixture.create("prices", "(lower(name))", request: fixture.request(asRole)).indexes[0].state
                    == .equivalent)
            #expect(try await fixture.database.psql("SELECT count(*) FROM pg_class WHERE relname LIKE 'dbctl%'") == "0")
            try await fixture.database.psql(
                "REASSIGN OWNED BY \(role) TO postgres; DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test("of Orders and orders, what is typed is what is meant; a name that is none of SQL is found too")
    func exactNames() async throws {
        let schema = """
            CREATE TABLE orders (a int); CREATE TABLE "Orders" (a int); CREATE TABLE "t b" ("x;y" int);
            CREATE INDEX orders_i ON orders (a); CREATE INDEX "Orders_i" ON "Orders" (a DESC);
            """
        try await IndexFixture.with(schema) { fixture in
            _ = try await IndexDrop(fixture.request(), name: "public.Orders_i").run()
            #expect(try await fixture.indexes("orders") == ["orders_i valid"])
            try await fixture.create("Orders", "a")
            #expect(try await fixture.indexes("\"Orders\"") == ["\"Orders_a_idx\" valid"])
            try await fixture.create("ORDERS", "a DESC")
            #expect(try await fixture.indexes("orders") == ["orders_a_idx valid", "orders_i valid"])
            try await fixture.create("t b", "x;y")
            #expect(try await fixture.indexes("\"t b\"").count == 1)
        }
    }

    @Test("a prepared transaction in the way is named with what ends it, and --unique is not begun beside an old one")
    func prepared() async throws {
        try await TestServer.withSandbox(settings: ["max_prepared_transactions": "5"]) { server in
            let database = TestDatabase(name: "postgres", server: server)
            try await database.psql(
                "\(IndexFixture.schema); BEGIN; UPDATE prices SET note = 'x' WHERE close = 1; PREPARE TRANSACTION 'lost'"
            )
            let fixture = IndexFixture(database: database)
            let impatient: (inout IndexRequest) -> Void = { $0.maximumWait = .milliseconds(300) }
            let waited = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "date", request: fixture.request(impatient))
            }
            #expect(waited?.detail?.contains("prepared transaction 'lost'") == true, "\(String(describing: waited))")
            #expect(waited?.hint?.contains("ROLLBACK PREPARED 'lost'") == true, "\(String(describing: waited))")
            let unique = await #expect(throws: Failure.self) {
                try await fixture.create("prices", "close", request: fixture.request(impatient)) { $0.isUnique = true }
            }
            #expect(unique?.code == .indexMaxWait && unique?.message.contains("'lost'") == true)
        }
    }
}
