import DBKit
import Foundation
import Testing

@testable import Partitions

/// What a conversion would do and founder on, decided without a server.
@Suite("The plan of a conversion")
struct ConvertPlanTests {
    private static func index(
        _ name: String, _ columns: [String?], unique: Bool = true, primary: Bool = false,
        _ change: (inout ConvertedTable.Index) -> Void = { _ in }
    ) -> ConvertedTable.Index {
        let listed = columns.map { $0 ?? "lower(email)" }.joined(separator: ", ")
        var index = ConvertedTable.Index(
            oid: 7, name: name, isUnique: unique, isPrimary: primary, isExclusion: false, isImmediate: true,
            isUsable: true, isReplicaIdentity: false, isClustered: false, constraint: primary ? name : nil,
            constraintText: primary ? "PRIMARY KEY (\(listed))" : nil, body: "USING btree (\(listed))",
            columns: columns, isPlain: !columns.contains(nil))
        change(&index)
        return index
    }

    private static func table(
        _ indexes: [ConvertedTable.Index] = [index("t_pkey", ["id"], primary: true)],
        _ change: (inout ConvertedTable) -> Void = { _ in }
    ) -> ConvertedTable {
        func column(_ name: String, _ type: String, isNotNull: Bool = true) -> ConvertedTable.Column {
            ConvertedTable.Column(
                name: name, type: type, isNotNull: isNotNull, isGenerated: false, identity: "",
                sortsByBytes: nil)
        }
        var table = ConvertedTable(
            oid: 1, schema: "public", name: "t", kind: "r", persistence: "p", owner: "o", isOwn: true,
            mayCreateSchemas: true, mayCreateTables: true, database: "d", isPartition: false, isInherited: false,
            isTyped: false, hidesRows: false, isSubscribed: false, hasTriggerLanguage: true, broadPublications: [],
            rowEstimate: 10, sizeBytes: 8192,
            columns: [
                column("id", "bigint"), column("at", "timestamp with time zone"),
                column("email", "text", isNotNull: false),
            ], indexes: indexes, unvalidated: [], uninherited: [])
        change(&table)
        return table
    }

    private static func plan(
        _ table: ConvertedTable = table(),
        _ contents: ConvertPlan.Contents = .init(smallest: "2026-01-05 00:00:00+00", largest: "2026-03-02 00:00:00+00"),
        _ dependents: [ConvertDependent] = [], step: CalendarStep = CalendarStep(1, .month),
        now: String = "2026-04-10 00:00:00+00",
        _ change: (inout ConvertSpecification) -> Void = { _ in }
    ) throws -> ConvertPlan {
        var specification = ConvertSpecification(table: "t", key: "at", step: .calendar(step))
        change(&specification)
        guard case .moment(let micro)? = PartitionValue(now, key: .timestamptz) else { throw PlanError() }
        return try ConvertPlan(
            table, specification, specification.scheme(.timestamptz), contents, dependents,
            now: Date(timeIntervalSince1970: Double(micro) / 1_000_000))
    }

    private struct PlanError: Error {}

    @Test("ranges reach from the smallest value over now into the future, without gaps")
    func ranges() throws {
        let plan = try Self.plan()
        #expect(
            plan.ranges.map { plan.scheme.text(of: $0.lower) }.map { $0.prefix(7) } == [
                "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07",
            ])
        #expect(plan.obstacles.isEmpty && plan.findings.contains { $0.severity == .consent })
        let empty = try Self.plan(Self.table(), .init())
        #expect(empty.ranges.count == 4)
        let future = try Self.plan(
            Self.table(), .init(smallest: "2026-04-01 00:00:00+00", largest: "2026-11-02 00:00:00+00"))
        #expect(future.ranges.count == 8)
    }

    @Test("rows that no range takes are refused: NULLs with their number, infinity, spans of thousands of partitions")
    func rows() throws {
        let nulls = try Self.plan(Self.table(), .init(smallest: nil, largest: nil, nulls: 3))
        #expect(nulls.obstacles.map(\.message) == ["3 rows have no at, and would lie in no range"])
        let infinite = try Self.plan(Self.table(), .init(smallest: "2026-01-05 00:00:00+00", largest: "infinity"))
        #expect(infinite.obstacles.first?.message.contains("infinity") == true)
        let wide = try Self.plan(
            Self.table(), .init(smallest: "0026-01-05 00:00:00+00", largest: "2026-01-05 00:00:00+00"))
        #expect(wide.obstacles.count == 1 && wide.obstacles[0].message.contains("more than 2000"))
    }

    @Test("a unique key without the partition key gets it, and that needs consent; one that has it does not")
    func uniqueness() throws {
        let plan = try Self.plan(
            Self.table([
                Self.index("t_pkey", ["id"], primary: true), Self.index("t_both", ["at", "id"]),
                Self.index("t_lower", [nil]), Self.index("t_plain", ["email"], unique: false),
            ]))
        let consent = plan.findings.filter { $0.severity == .consent }
        #expect(consent.map(\.object) == ["t_pkey", "t_lower"])
        #expect(consent[0].message.hasPrefix("t_pkey: PRIMARY KEY (id) becomes PRIMARY KEY (id, \"at\")"))
        #expect(
            plan.indexes.map(\.body) == [
                "USING btree (id, \"at\")", "USING btree (at, id)", "USING btree (lower(email), \"at\")",
                "USING btree (email)",
            ])
    }

    @Test("rows are found again by the primary key, else by the shortest key that can serve, else not at all")
    func key() throws {
        #expect(try Self.plan().key?.all == ["id", "at"])
        let unique = try Self.plan(
            Self.table([Self.index("a", ["email"]), Self.index("b", ["at", "id"]), Self.index("c", [nil])]))
        #expect(unique.key?.index == "b" && unique.key?.all == ["at", "id"])
        let deferred = try Self.plan(
            Self.table([Self.index("t_pkey", ["id"], primary: true) { $0.isImmediate = false }]))
        #expect(deferred.key == nil && deferred.obstacles.map(\.object) == ["key"])
        let attached = try Self.plan(Self.table([])) { $0.strategy = .attach }
        #expect(attached.obstacles.isEmpty)
    }

    @Test("what a partitioned table cannot have, and what the copy cannot see, is in the way")
    func obstacles() throws {
        let changes: [(inout ConvertedTable) -> Void] = [
            { $0.isPartition = true }, { $0.isInherited = true }, { $0.persistence = "u" }, { $0.hidesRows = true },
            { $0.isSubscribed = true }, { $0.hasTriggerLanguage = false }, { $0.broadPublications = ["all"] },
            { $0.unvalidated = ["c"] }, { $0.uninherited = ["c"] }, { $0.isTyped = true },
            { $0.columns[1].isGenerated = true }, { $0.columns[1].sortsByBytes = false },
            { $0.indexes[0].isExclusion = true },
            { $0.indexes.append(Self.index("i", ["email"]) { $0.isUsable = false }) },
        ]
        for (number, change) in changes.enumerated() {
            let plan = try Self.plan(Self.table { change(&$0) })
            #expect(plan.obstacles.count == 1, "change \(number)")
        }
    }

    @Test("what refers to the table is moved; what cannot be, or is somebody else's, is in the way")
    func dependents() throws {
        func dependent(_ kind: ConvertFinding.Kind, own: Bool = true, obstacle: String? = nil) -> ConvertDependent {
            ConvertDependent(
                kind: kind, object: "x", isOwn: own, before: ["DROP"], after: ["CREATE"], obstacle: obstacle)
        }
        func severities(_ dependent: ConvertDependent, _ strategy: ConvertSpecification.Strategy = .copy) throws
            -> [ConvertFinding.Severity]
        {
            try Self.plan(Self.table([Self.index("k", ["id", "at"], primary: true)]), .init(), [dependent]) {
                $0.strategy = strategy
            }.findings.map(\.severity)
        }
        #expect(try severities(dependent(.view)) == [.moves])
        #expect(try severities(dependent(.view, own: false)) == [.blocks])
        #expect(try severities(dependent(.function, obstacle: "it cannot")) == [.blocks])
        #expect(try severities(dependent(.incomingForeignKey)) == [.consent])
        #expect(try severities(dependent(.materializedView)) == [.moves])
        #expect(try severities(dependent(.materializedView), .attach) == [.blocks])
    }

    @Test("a table that becomes one partition ends a whole step behind its last value and now")
    func attachCut() throws {
        let plan = try Self.plan { $0.strategy = .attach }
        let cut = try AttachCut(plan)
        #expect(plan.scheme.text(of: cut.upper).hasPrefix("2026-06-01"))
        #expect(cut.following.map { plan.scheme.text(of: $0.lower).prefix(7) } == ["2026-06", "2026-07", "2026-08"])
        #expect(cut.partition == "t_pmin")
        #expect(try AttachCut.name(String(repeating: "é", count: 31)).utf8.count <= 63)
    }
}

extension PartitionScheme {
    fileprivate func text(of bound: PartitionBound) -> String {
        if case .value(let value) = bound { text(of: value) } else { "" }
    }
}

@Suite("Parts of a conversion that need no server")
struct ConvertPartTests {
    @Test(
        "a column is put behind the last key, whatever else a definition says",
        arguments: [
            ("USING btree (id)", "USING btree (id, x)"),
            (
                "USING btree (lower(a), (b || ')'::text)) INCLUDE (c) WHERE (d = '('::text)",
                "USING btree (lower(a), (b || ')'::text), x) INCLUDE (c) WHERE (d = '('::text)"
            ),
            ("UNIQUE NULLS NOT DISTINCT (\"odd)\") DEFERRABLE", "UNIQUE NULLS NOT DISTINCT (\"odd)\", x) DEFERRABLE"),
            ("PRIMARY KEY (a, b) INCLUDE (c)", "PRIMARY KEY (a, b, x) INCLUDE (c)"),
            ("USING btree (((a || E'\\')'::text)))", "USING btree (((a || E'\\')'::text)), x)"),
            (
                "USING btree (email COLLATE \"de-x\" text_pattern_ops DESC)",
                "USING btree (email COLLATE \"de-x\" text_pattern_ops DESC, x)"
            ),
        ])
    func appending(text: String, expected: String) {
        #expect(KeyAppending.appending("x", to: text) == expected)
    }

    @Test("a definition without keys, or one that does not end, is not touched")
    func unreadable() {
        #expect(KeyAppending.appending("x", to: "CHECK") == nil)
        #expect(KeyAppending.appending("x", to: "USING btree (a, 'b)") == nil)
        #expect(KeyAppending.appending("x", to: "USING btree (a") == nil)
    }

    @Test("a step of the copy aims at a fifth of a second, and never jumps")
    func pace() {
        var pace = CopyPace(most: 10_000)
        #expect(pace.rows == 1000)
        pace.took(.milliseconds(10), for: 1000)
        #expect(pace.rows == 2000)
        for _ in 0..<10 { pace.took(.milliseconds(1), for: Int64(pace.rows)) }
        #expect(pace.rows == 10_000)
        pace.took(.seconds(60), for: 10_000)
        #expect(pace.rows == 5000)
        for _ in 0..<20 { pace.took(.seconds(60), for: Int64(pace.rows)) }
        #expect(pace.rows == CopyPace.fewest)
        pace.took(.zero, for: 0)
        #expect(pace.rows == CopyPace.fewest)
        #expect(CopyPace(most: 7).rows == 7)
        #expect(CopyPace.rest(after: .milliseconds(100), copied: 1000, rate: 2000) == .milliseconds(400))
        #expect(CopyPace.rest(after: .seconds(1), copied: 1000, rate: 2000) == .zero)
        #expect(CopyPace.rest(after: .zero, copied: 1000, rate: nil) == .zero)
    }

    @Test("a range of keys is compared as a row, with constants that hold no syntax")
    func scope() throws {
        #expect(Query("\(try KeyScope(["a"], after: nil, through: nil).sql)").text == "true")
        #expect(
            Query("\(try KeyScope(["a", "b'"], after: ["1", "it's"], through: ["2", "x"]).sql)").text
                == "ROW(\"a\", \"b'\") > ROW('1', 'it''s') AND ROW(\"a\", \"b'\") <= ROW('2', 'x')")
    }

    @Test("what an undo has to know comes back as it was noted")
    func memory() throws {
        var memory = AttachMemory(partition: "t_pmin", upper: "2026-01-01", wasNullable: true)
        memory.names = ["12": "a\"b"]
        #expect(try AttachMemory(text: memory.text()) == memory)
    }
}
