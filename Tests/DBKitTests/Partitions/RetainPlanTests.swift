import DBKit
import Foundation
import Testing

@testable import Partitions

@Suite("What is past keeping, decided without a server")
struct RetainPlanTests {
    private func moment(_ text: String) throws -> PartitionValue {
        try #require(PartitionValue(text, key: .timestamptz))
    }

    /// `2025-01` is that month; `MIN-2025-01` ends with it; `2025-01-MAX` begins with it.
    private func partition(_ name: String, pending: Bool = false) throws -> Partition {
        func start(_ month: Substring, plus: Int = 0) -> String {
            let parts = month.split(separator: "-").compactMap { Int($0) }
            let count = parts[0] * 12 + parts[1] - 1 + plus
            let month = count % 12 + 1
            return "'\(count / 12)-\(month < 10 ? "0" : "")\(month)-01 00:00:00+00'"
        }
        let text: String
        switch name {
        case "default": text = "DEFAULT"
        case "list": text = "FOR VALUES IN ('a')"
        case _ where name.hasPrefix("MIN-"):
            text = "FOR VALUES FROM (MINVALUE) TO (\(start(name.dropFirst(4), plus: 1)))"
        case _ where name.hasSuffix("-MAX"): text = "FOR VALUES FROM (\(start(name.dropLast(4)))) TO (MAXVALUE)"
        default: text = "FOR VALUES FROM (\(start(name[...]))) TO (\(start(name[...], plus: 1)))"
        }
        return Partition(
            oid: Int64(name.hashValue), schema: "public", name: name, kind: .table,
            bounds: PartitionBounds(text, key: .timestamptz), boundsText: text, isDetachPending: pending)
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var description: String
        var partitions: String
        var cut: String?
        var now = "2026-01-15 12:00:00+00"
        var expired: String
        var spared = ""
        var testDescription: String { description }
    }

    @Test(
        "a partition goes when all of it is older than the cut, the oldest first",
        arguments: [
            Case(
                description: "the upper bound is before the cut", partitions: "2025-03 2025-01 2025-02 2026-01",
                cut: "2025-03-15 00:00:00+00", expired: "2025-01 2025-02"),
            Case(
                description: "the upper bound is the cut", partitions: "2025-01 2025-02 2026-01",
                cut: "2025-02-01 00:00:00+00", expired: "2025-01"),
            Case(
                description: "a microsecond of it is younger", partitions: "2025-01 2026-01",
                cut: "2025-01-31 23:59:59.999999+00", expired: ""),
            Case(description: "nothing is to go", partitions: "2024-01 2026-01", cut: nil, expired: ""),
            Case(
                description: "one that begins nowhere ends somewhere", partitions: "MIN-2024-12 2025-01 2026-01",
                cut: "2025-06-01 00:00:00+00", expired: "MIN-2024-12 2025-01"),
            Case(
                description: "one without an end never goes", partitions: "2024-01-MAX", cut: "2030-01-01 00:00:00+00",
                expired: ""),
            Case(
                description: "the last one stays, however old", partitions: "2024-01 2024-02",
                cut: "2025-01-01 00:00:00+00", expired: "2024-01", spared: "2024-02 last"),
            Case(
                description: "a default partition is no other one", partitions: "2024-01 default",
                cut: "2025-01-01 00:00:00+00", expired: "", spared: "2024-01 last"),
            Case(
                description: "one whose bounds are not understood neither goes nor counts",
                partitions: "2024-01 2024-02 list", cut: "2025-01-01 00:00:00+00", expired: "2024-01",
                spared: "2024-02 last, list strange"),
            Case(
                description: "a cut in the future lets nothing go of now and later",
                partitions: "2025-12 2026-01 2026-02 2026-03", cut: "2030-01-01 00:00:00+00", expired: "2025-12"),
            Case(
                description: "half detached ones are finished, not counted", partitions: "~2024-01 2024-02 2024-03",
                cut: "2025-01-01 00:00:00+00", expired: "2024-02", spared: "2024-03 last"),
            Case(description: "no partitions", partitions: "", cut: "2025-01-01 00:00:00+00", expired: ""),
        ])
    private func plan(_ given: Case) throws {
        let partitions = try given.partitions.split(separator: " ").map { name in
            try partition(String(name.drop { $0 == "~" }), pending: name.hasPrefix("~"))
        }
        let plan = RetainPlan(
            partitions, cut: try given.cut.map { try moment($0) }, now: try moment(given.now))
        #expect(plan.expired.map(\.name).joined(separator: " ") == given.expired)
        #expect(
            plan.spared.map { "\($0.partition.name) \($0.reason)" }.sorted().joined(separator: ", ") == given.spared)
        #expect(plan.pending.map(\.name) == partitions.filter(\.isDetachPending).map(\.name))
    }

    private func table(_ type: PartitionKeyType) -> PartitionedTable {
        PartitionedTable(
            oid: 1, schema: "public", name: "t", owner: "o", isOwn: true, mayCreate: true,
            key: PartitionedTable.Key(column: "k", typeName: type.rawValue, type: type, isNotNull: true),
            keyDefinition: "RANGE (k)", partitions: [], referenced: [], referencedOIDs: [])
    }

    private func cut(
        _ type: PartitionKeyType, _ keep: PartitionDeclaration.Keep, zone: String = "UTC", at text: String,
        largest: Int64? = nil
    ) throws -> String? {
        var expiry = PartitionExpiry(table: "t", keep: keep, action: .detach)
        expiry.zone = try #require(TimeZone(identifier: zone))
        let now = try #require(try? Date(text, strategy: .iso8601))
        let cut = try RetainCut.find(
            expiry, keep: keep, table: table(type), moment: now, largest: { largest.map { .number($0) } })
        return cut.map { PartitionBound.value($0.value).text(type) }
    }

    private func steps(_ text: String) throws -> PartitionDeclaration.Keep {
        .calendar(try CalendarStep(spelled: text))
    }

    @Test("the cut is counted back by the calendar and the clocks of the zone")
    func calendar() throws {
        #expect(
            try cut(.timestamptz, steps("24 months"), at: "2026-01-15T12:00:00Z") == "2024-01-15 12:00:00+00")
        // In Kolkata it is the 1st already.
        #expect(
            try cut(.date, steps("1 month"), zone: "Asia/Kolkata", at: "2026-03-31T20:00:00Z") == "2026-03-01")
        #expect(try cut(.date, steps("1 month"), at: "2026-03-31T20:00:00Z") == "2026-02-28")
        // New York lies five hours behind in winter and four in summer.
        #expect(
            try cut(.timestamptz, steps("6 months"), zone: "America/New_York", at: "2026-01-15T12:00:00Z")
                == "2025-07-15 11:00:00+00")
        #expect(
            try cut(.timestamp, steps("6 months"), zone: "America/New_York", at: "2026-01-15T12:00:00Z")
                == "2025-07-15 07:00:00")
        #expect(try cut(.timestamptz, steps("36 hours"), at: "2026-01-15T12:00:00Z") == "2026-01-14 00:00:00+00")
        #expect(try cut(.timestamptz, steps("1 year"), at: "2024-02-29T00:00:00Z") == "2023-02-28 00:00:00+00")
        #expect(
            try cut(.uuid, steps("1 year"), at: "2026-01-01T00:00:00Z") == "01941f29-7c00-0000-0000-000000000000")
    }

    @Test("of a key of numbers it is so many values behind the largest row; without a row there is none")
    func numbers() throws {
        #expect(try cut(.bigint, .rows(1000), at: "2026-01-15T12:00:00Z", largest: 5000) == "4000")
        #expect(try cut(.bigint, .rows(1000), at: "2026-01-15T12:00:00Z") == nil)
        #expect(try cut(.bigint, .rows(.max), at: "2026-01-15T12:00:00Z", largest: -5) == nil)
    }

    @Test("a keep that the key cannot be counted by is refused")
    func kinds() throws {
        #expect(throws: Failure.self) { try cut(.bigint, steps("1 month"), at: "2026-01-15T12:00:00Z", largest: 1) }
        #expect(throws: Failure.self) { try cut(.date, .rows(1000), at: "2026-01-15T12:00:00Z") }
        #expect(throws: Failure.self) { try cut(.date, steps("5 hours"), at: "2026-01-15T12:00:00Z") }
    }

    @Test("a mark comes back as it was written, and nothing else is one")
    func marks() throws {
        let table = table(.timestamptz)
        var mark = RetainMark(
            try partition("2025-01"), of: table, action: .archive, run: .make(), at: Date(timeIntervalSince1970: 1.7))
        mark.set = "/repo/.partitions/it's \"mine\" \\ {}\n"
        #expect(try RetainMark(mark.text) == mark)
        #expect(RetainMark("dbctl partition retain {}") == nil && RetainMark("{}") == nil)
        #expect(mark.lower == "2025-01-01 00:00:00+00" && mark.upper == "2025-02-01 00:00:00+00")
    }

    @Test("several failures are one: 81 as soon as something is done, what the first one says otherwise")
    func failures() {
        let view = Failure(.partitionDependents, "a view")
        let busy = Failure(.partitionLocked, "busy")
        func combined(_ failed: [(String, Failure)], _ sets: Int, _ hasChanged: Bool) -> Failure.Category? {
            var failures = SetFailures()
            for (table, failure) in failed { failures.add(table, failure) }
            return failures.combined(sets: sets, done: hasChanged ? "1 was done." : nil) { $0 == .busy }?.category
        }
        #expect(combined([], 3, true) == nil)
        #expect(combined([("a", view)], 1, false) == .guarded)
        #expect(combined([("a", view)], 1, true) == .guarded)
        #expect(combined([("a", busy)], 1, true) == .partial)
        #expect(combined([("a", busy), ("b", view)], 2, false) == .busy)
        #expect(combined([("a", busy)], 2, false) == .partial)
    }
}
