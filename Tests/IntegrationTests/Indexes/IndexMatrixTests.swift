import DBKit
import TestSupport
import Testing

@testable import Indexes

/// Every pair of two dozen really created indexes: what `dbctl` takes for the same, or for enough, beside what is known
/// of them and what the planner does (I1).
@Suite("Equivalence of indexes, I1")
struct IndexMatrixTests {
    private struct Sample: Sendable {
        /// Those of one class are the same index.
        var sameAs: String
        var tail: String
        var isUnique = false
        /// The classes that it serves besides its own.
        var serves: Set<String> = []
    }

    private static let samples: [Sample] = [
        Sample(sameAs: "a", tail: "(a)"),
        Sample(sameAs: "a", tail: "USING btree (a ASC NULLS LAST)"),
        Sample(sameAs: "a", tail: "(a int4_ops) WITH (fillfactor = 70)"),
        Sample(sameAs: "a desc", tail: "(a DESC)"),
        Sample(sameAs: "a desc", tail: "(a DESC NULLS FIRST)"),
        Sample(sameAs: "a nulls first", tail: "(a NULLS FIRST)"),
        Sample(sameAs: "a b", tail: "(a, b)", serves: ["a", "a +b"]),
        Sample(sameAs: "a b desc", tail: "(a, b DESC)", serves: ["a", "a +b"]),
        Sample(sameAs: "b a", tail: "(b, a)"),
        Sample(sameAs: "a +b", tail: "(a) INCLUDE (b)", serves: ["a"]),
        Sample(sameAs: "a +bt", tail: "(a) INCLUDE (b, t)", serves: ["a", "a +b"]),
        Sample(sameAs: "a +bt", tail: "(a) INCLUDE (t, b)", serves: ["a", "a +b"]),
        Sample(sameAs: "a unique", tail: "(a)", isUnique: true, serves: ["a"]),
        Sample(sameAs: "a unique nnd", tail: "(a) NULLS NOT DISTINCT", isUnique: true, serves: ["a"]),
        Sample(sameAs: "a partial", tail: "(a) WHERE b > 5"),
        Sample(sameAs: "a partial", tail: "(a) WHERE (b > (5))"),
        Sample(sameAs: "a partial 6", tail: "(a) WHERE b > 6"),
        Sample(sameAs: "v", tail: "(v)"),
        Sample(sameAs: "v", tail: "(v varchar_ops)"),
        Sample(sameAs: "v pattern", tail: "(v varchar_pattern_ops)"),
        Sample(sameAs: "v C", tail: "(v COLLATE \"C\")"),
        Sample(sameAs: "lower", tail: "(lower(v))"),
        Sample(sameAs: "lower", tail: "((lower(v::text)))"),
        Sample(sameAs: "a hash", tail: "USING hash (a)"),
        Sample(sameAs: "j", tail: "USING gin (j)"),
        Sample(sameAs: "j path", tail: "USING gin (j jsonb_path_ops)"),
    ]

    private static let schema = """
        CREATE TABLE t (a int, b int, t text, v varchar(20), j jsonb);
        INSERT INTO t SELECT i, i % 7, 'x', 'v' || i, '{}' FROM generate_series(1, 500) AS i;
        """

    @Test("576 pairs and more: the verdicts are what the definitions mean")
    func matrix() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let statements = Self.samples.enumerated().map { place, sample in
                "CREATE \(sample.isUnique ? "UNIQUE " : "")INDEX i\(place) ON t \(sample.tail);"
            }
            try await fixture.database.psql(statements.joined(separator: "\n"))
            let found = try await Connection.with(
                fixture.database.parameters, settings: SessionSettings(applicationName: "test")
            ) { connection in
                try await connection.run { session in
                    try TableIndex.read(tables: [IndexedTable.read("public.t", in: session).oid], in: session)
                }
            }
            let definitions = try Self.samples.indices.map { place in
                try #require(found.first { $0.name == "i\(place)" }).definition
            }
            for (left, first) in Self.samples.enumerated() {
                for (right, second) in Self.samples.enumerated() {
                    let verdict = IndexVerdict(of: definitions[left], for: definitions[right])
                    let expected: IndexVerdict =
                        first.sameAs == second.sameAs
                        ? .equivalent : first.serves.contains(second.sameAs) ? .covers : .different
                    #expect(verdict == expected, "\(first.tail) for \(second.tail)")
                }
            }
        }
    }

    @Test("the planner reads what an index serves from the other one alone, in its order, without the table")
    func planner() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let orders = ["a": "SELECT a FROM t ORDER BY a", "a +b": "SELECT a, b FROM t ORDER BY a"]
            for sample in Self.samples where !sample.serves.isEmpty {
                try await fixture.database.psql(
                    "CREATE \(sample.isUnique ? "UNIQUE " : "")INDEX only_one ON t \(sample.tail); VACUUM t")
                for wanted in sample.serves.sorted() {
                    let query = try #require(orders[wanted])
                    let plan = try await fixture.database.psql(
                        "SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN (COSTS off) \(query)")
                    #expect(plan == "Index Only Scan using only_one on t", "\(sample.tail): \(plan)")
                }
                try await fixture.database.psql("DROP INDEX only_one")
            }
        }
    }

    @Test(
        "a wanted index is compared by what the server makes of it, whatever its spelling", arguments: TestServer.majors
    )
    func spelling(major: Int) async throws {
        try await IndexFixture.with(Self.schema, major: major) { fixture in
            try await fixture.database.psql(
                """
                CREATE INDEX first ON t (lower(v), a DESC) INCLUDE (b) WHERE b > 5 AND a IS NOT NULL;
                """)
            let report = try await fixture.create("t", "(lower((v)::text))", "A desc nulls first") {
                $0.include = ["b"]
                $0.predicate = "(b>5) and a is not null"
            }
            #expect(report.indexes.map(\.state) == [.equivalent] && report.indexes[0].name == "first")
        }
    }
}
