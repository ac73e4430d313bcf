import DBKit
import Foundation
import Testing

@testable import Partitions

@Suite("What partitions are called")
struct PartitionNameTests {
    private func scheme(_ step: String, _ name: String?) throws -> PartitionScheme {
        try PartitionScheme(
            key: .timestamp, step: .calendar(CalendarStep(spelled: step)), zone: .gmt,
            name: name.map { try PartitionName($0) })
    }

    private func name(_ step: String, _ value: String, _ template: String? = nil, table: String = "e") throws -> String
    {
        let scheme = try scheme(step, template)
        let value = try #require(PartitionValue(value, key: .timestamp))
        let range = try #require(scheme.range(containing: value))
        return try scheme.name(of: range, table: table)
    }

    @Test("the default of every unit, and every field")
    func fields() throws {
        #expect(try name("1 month", "2026-03-05 00:00:00") == "e_p2026_03")
        #expect(try name("1 week", "2027-01-01 00:00:00") == "e_p2026_w53")
        #expect(try name("1 quarter", "2026-08-05 00:00:00") == "e_p2026_q3")
        #expect(try name("1 year", "2026-08-05 00:00:00") == "e_p2026")
        #expect(try name("1 day", "2026-08-05 00:00:00") == "e_p2026_08_05")
        #expect(try name("1 hour", "2026-08-05 07:10:00") == "e_p2026_08_05_07")
        #expect(try name("1 hour", "2026-08-05 07:10:00", "{from}.{table}") == "2026080507.e")
        let rows = try PartitionScheme(key: .bigint, step: .rows(10), zone: .gmt)
        let names = try [15, -1].compactMap { rows.range(containing: .number($0)) }.map {
            try rows.name(of: $0, table: "e")
        }
        #expect(names == ["e_p10", "e_pm10"])
    }

    @Test(
        "a template that cannot tell two ranges of its step apart is refused",
        arguments: [
            ("1 month", "{table}_{yyyy}"), ("1 month", "{table}_{mm}"), ("1 month", "{yyyy}_{q}"),
            ("1 week", "{yyyy}_{ww}"),
            ("1 year", "{iyyy}"), ("1 day", "{table}_{yyyy}_{mm}"), ("1 hour", "{yyyy}{mm}{dd}"),
            ("12 hours", "{yyyy}{mm}{dd}"),
            ("1 month", "{table"), ("1 month", "{nope}"), ("1 month", "}"),
        ])
    func refused(_ step: String, _ template: String) {
        #expect(throws: SpellingProblem.self) { _ = try scheme(step, template) }
    }

    @Test(
        "a template that is taken gives no name twice in forty years",
        arguments: [
            ("1 month", "{yyyy}{mm}"), ("3 months", "{yyyy}{q}"), ("1 quarter", "{yyyy}{q}"), ("24 months", "{yyyy}"),
            ("1 week", "{iyyy}{ww}"), ("2 weeks", "{iyyy}{ww}"), ("1 week", "{yyyy}{mm}{dd}"),
            ("10 days", "{yyyy}{mm}{dd}"),
            ("24 hours", "{yyyy}{mm}{dd}"), ("48 hours", "{from}"), ("1 year", "{yyyy}"),
        ])
    func distinct(_ step: String, _ template: String) throws {
        let scheme = try scheme(step, template)
        let first = try #require(PartitionValue("1999-12-27 00:00:00", key: .timestamp))
        let last = try #require(PartitionValue("2040-01-01 00:00:00", key: .timestamp))
        let ranges = scheme.ranges(from: first, through: last)
        let names = try ranges.map { try scheme.name(of: $0, table: "") }
        #expect(Set(names).count == names.count)
    }

    @Test("long and foreign names keep within 63 bytes and apart, by table and by range")
    func long() throws {
        let tables = [
            String(repeating: "a", count: 57), String(repeating: "a", count: 58), String(repeating: "a", count: 63),
            String(repeating: "é", count: 31), String(repeating: "é", count: 30) + "ê",
            String(repeating: "表", count: 21),
        ]
        var names: Set<String> = []
        for table in tables {
            for month in 1...12 {
                let name = try name("1 month", "2026-\(month < 10 ? "0" : "")\(month)-01 00:00:00", table: table)
                #expect(name.utf8.count <= 63)
                names.insert(name)
            }
        }
        #expect(names.count == tables.count * 12)
    }

    @Test("a template that leaves the table no room is refused")
    func noRoom() {
        let filler = String(repeating: "x", count: 50)
        #expect(throws: SpellingProblem.self) { _ = try scheme("1 month", "{table}\(filler){yyyy}{mm}") }
        #expect(throws: SpellingProblem.self) { _ = try scheme("1 month", "\(filler)\(filler){yyyy}{mm}") }
    }
}
