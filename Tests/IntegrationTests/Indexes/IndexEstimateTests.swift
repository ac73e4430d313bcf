import DBKit
import TestSupport
import Testing

@Suite("The size of an index, estimated from statistics and built, I7")
struct IndexEstimateTests {
    /// A kind of column: its type, and what a row has in it.
    struct Kind: Sendable, CustomTestStringConvertible {
        var type: String
        var value: String
        var columns: [String] = ["c"]
        var method = "btree"
        var testDescription: String { "\(method) \(type) \(value)" }
    }

    static let kinds = [
        Kind(type: "int", value: "i"),
        Kind(type: "bigint", value: "i % 500"),
        Kind(type: "date", value: "date '2000-01-01' + i % 4000"),
        Kind(type: "timestamptz", value: "now() + i * interval '1 second'"),
        Kind(type: "uuid", value: "gen_random_uuid()"),
        Kind(type: "text", value: "'customer-' || i || repeat('x', i % 30)"),
        Kind(type: "text", value: "'status ' || i % 5"),
        Kind(type: "numeric(12, 2)", value: "i * 1.37"),
        Kind(type: "float8", value: "random()"),
        Kind(type: "int", value: "CASE WHEN i % 4 = 0 THEN i END"),
        Kind(type: "boolean", value: "i % 3 = 0"),
        Kind(type: "int", value: "i % 1000", columns: ["c", "d DESC"]),
        Kind(type: "text", value: "md5(i::text)", columns: ["(lower(c))"]),
        Kind(type: "int[]", value: "ARRAY[i, i + 1, i + 2]"),
        Kind(type: "text", value: "md5(i::text)", columns: ["(left(c, 2))"]),
        Kind(type: "int", value: "i", columns: ["(c % 7)"]),
        Kind(type: "int", value: "CASE WHEN i % 10 = 0 THEN i END", columns: ["c", "(d % 5)"]),
        Kind(type: "text", value: "repeat(md5((i % 9)::text), 40) || i"),
        Kind(type: "int", value: "i", method: "hash"),
        Kind(type: "int[]", value: "ARRAY[i % 100, i % 1000, i]", method: "gin"),
        Kind(type: "jsonb", value: "jsonb_build_object('k' || i % 50, i, 'n', i % 77)", method: "gin"),
        Kind(type: "point", value: "point(i % 1000, i / 1000)", method: "gist"),
        Kind(
            type: "daterange", value: "daterange(date '2020-01-01' + i % 1000, date '2020-01-01' + i % 1000 + 5)",
            method: "gist"),
        Kind(type: "point", value: "point(i % 1000, i / 1000)", method: "spgist"),
        Kind(type: "timestamptz", value: "now() + i * interval '1 second'", method: "brin"),
    ]

    @Test("within 25 % of what it becomes", arguments: kinds)
    func kind(_ kind: Kind) async throws {
        let schema = """
            CREATE TABLE t (c \(kind.type), d bigint);
            INSERT INTO t SELECT \(kind.value), i FROM generate_series(1, 60000) AS i ORDER BY random();
            ANALYZE t;
            """
        try await IndexFixture.with(schema) { fixture in
            let index = try await fixture.creation("t", kind.columns) { $0.method = kind.method }.run().indexes[0]
            let (estimate, size) = (Double(index.estimateBytes ?? 0), Double(index.sizeBytes ?? 0))
            #expect(abs(estimate / size - 1) < 0.25, "\(Int(estimate)) estimated, \(Int(size)) built")
        }
    }

    @Test(
        "of a table that nobody has analyzed, too, however small it is",
        arguments: [
            (rows: 1, value: "i::text"), (rows: 10, value: "i::text"), (rows: 100, value: "i::text"),
            (rows: 5000, value: "repeat(md5(i::text), 31)"), (rows: 60000, value: "i::text"),
        ])
    func neverAnalyzed(rows: Int, value: String) async throws {
        let schema = """
            CREATE TABLE t (c int, d text) WITH (autovacuum_enabled = off);
            INSERT INTO t SELECT i, \(value) FROM generate_series(1, \(rows)) AS i;
            """
        try await IndexFixture.with(schema) { fixture in
            let index = try await fixture.create("t", "c").indexes[0]
            let (estimate, size) = (Double(index.estimateBytes ?? 0), Double(index.sizeBytes ?? 0))
            #expect(abs(estimate / size - 1) < 0.25, "\(Int(estimate)) estimated, \(Int(size)) built")
        }
    }

    @Test("a tiny table that nobody has analyzed needs no room that is not there")
    func tiny() async throws {
        try await IndexFixture.with("CREATE TABLE one (x int); INSERT INTO one VALUES (1)") { fixture in
            let request = fixture.request { $0.freeBytes = { _ in 1 << 20 } }
            let report = try await fixture.create("one", "x", request: request)
            #expect(report.indexes.map(\.state) == [.created])
        }
    }

    @Test("INCLUDE, a predicate and a partitioned table count too")
    func forms() async throws {
        let schema = """
            CREATE TABLE t (c int, d bigint) PARTITION BY RANGE (c);
            CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (30000);
            CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (30000) TO (100000);
            INSERT INTO t SELECT i, i FROM generate_series(1, 60000) AS i;
            ANALYZE t;
            """
        try await IndexFixture.with(schema) { fixture in
            for columns in [["c"], ["d"]] {
                let report = try await fixture.creation("t", columns).run()
                let index = report.indexes[0]
                #expect(abs(Double(index.estimateBytes ?? 0) / Double(index.sizeBytes ?? 1) - 1) < 0.25, "\(index)")
            }
            let index = try await fixture.create("t1", "d") {
                $0.include = ["c"]
                $0.predicate = "c < 10000"
            }.indexes[0]
            #expect(abs(Double(index.estimateBytes ?? 0) / Double(index.sizeBytes ?? 1) - 1) < 0.25, "\(index)")
        }
    }
}
