import DBKit
import Foundation
import TestSupport
import Testing

@testable import Partitions

@Suite("How a table is cut into ranges")
struct PartitionSchemeTests {
    private func scheme(
        _ step: String, _ key: PartitionKeyType = .timestamptz, zone: String = "UTC"
    ) throws -> PartitionScheme {
        try PartitionScheme(
            key: key, step: .calendar(CalendarStep(spelled: step)), zone: try #require(TimeZone(identifier: zone)))
    }

    private func range(_ scheme: PartitionScheme, _ text: String) throws -> String {
        let value = try #require(PartitionValue(text, key: scheme.key))
        return try #require(scheme.range(containing: value)).text(scheme.key)
    }

    @Test(
        "every step begins where its unit does",
        arguments: [
            ("1 month", "2026-03-15 12:00:00+00", "2026-03-01 00:00:00+00 to 2026-04-01 00:00:00+00"),
            ("1 quarter", "2026-03-15 12:00:00+00", "2026-01-01 00:00:00+00 to 2026-04-01 00:00:00+00"),
            ("6 months", "2026-07-01 00:00:00+00", "2026-07-01 00:00:00+00 to 2027-01-01 00:00:00+00"),
            ("1 year", "2024-02-29 23:59:59+00", "2024-01-01 00:00:00+00 to 2025-01-01 00:00:00+00"),
            ("24 months", "2025-05-05 00:00:00+00", "2024-01-01 00:00:00+00 to 2026-01-01 00:00:00+00"),
            ("1 week", "2026-01-01 00:00:00+00", "2025-12-29 00:00:00+00 to 2026-01-05 00:00:00+00"),
            ("1 day", "2024-02-29 00:00:00+00", "2024-02-29 00:00:00+00 to 2024-03-01 00:00:00+00"),
            ("1 hour", "2026-01-01 05:59:59.999999+00", "2026-01-01 05:00:00+00 to 2026-01-01 06:00:00+00"),
            ("6 hours", "2026-01-01 05:59:59+00", "2026-01-01 00:00:00+00 to 2026-01-01 06:00:00+00"),
            ("1 month", "1969-12-31 23:59:59+00", "1969-12-01 00:00:00+00 to 1970-01-01 00:00:00+00"),
        ])
    func steps(_ step: String, _ value: String, _ expected: String) throws {
        #expect(try range(scheme(step), value) == expected)
    }

    @Test(
        "a moment beyond the type is its end, and a keep of ages reaches nothing", arguments: PartitionKeyType.allCases)
    func endless(_ key: PartitionKeyType) throws {
        guard !key.isNumber else { return }
        let scheme = try scheme("1 month", key, zone: "Asia/Kolkata")
        for seconds in [-1e300, -1e15, 1e15, 1e300] {
            #expect(scheme.value(at: Date(timeIntervalSince1970: seconds)) != nil)
        }
        let now = try #require(scheme.value(at: Date(timeIntervalSince1970: 1_768_478_400)))
        for unit in CalendarStep.Unit.allCases {
            #expect(scheme.value(stepping: CalendarStep(.max, unit), back: now) == nil)
        }
    }

    @Test("a day begins at midnight of the zone, written as UTC; a date and a clock's time have no zone")
    func zones() throws {
        #expect(
            try range(scheme("1 month", zone: "America/New_York"), "2026-03-15 00:00:00+00")
                == "2026-03-01 05:00:00+00 to 2026-04-01 04:00:00+00")
        #expect(
            try range(scheme("1 day", zone: "Asia/Kolkata"), "2026-03-15 00:00:00+00")
                == "2026-03-14 18:30:00+00 to 2026-03-15 18:30:00+00")
        #expect(
            try range(scheme("1 month", .date, zone: "America/New_York"), "2026-03-31") == "2026-03-01 to 2026-04-01")
        #expect(
            try range(scheme("1 hour", .timestamp, zone: "America/New_York"), "2026-03-08 02:30:00")
                == "2026-03-08 02:00:00 to 2026-03-08 03:00:00")
    }

    @Test("uuids and ULIDs are cut by the milliseconds that they begin with")
    func identifiers() throws {
        #expect(
            try range(scheme("1 month", .uuid), "019b76da-a800-7000-8000-000000000001")
                == "019b76da-a800-0000-0000-000000000000 to 019c167f-cc00-0000-0000-000000000000")
        #expect(
            try range(scheme("1 month", .text), "01KDVDNA00ZZZZZZZZZZZZZZZZ") == "01KDVDNA00 to 01KGB7ZK00")
        #expect(PartitionValue("01kdvdna00", key: .text) == nil, "small letters sort elsewhere")
    }

    @Test("rows are counted from zero, below it too, and end where the type does")
    func rows() throws {
        let scheme = try PartitionScheme(key: .integer, step: .rows(1_000_000_000), zone: .gmt)
        #expect(try range(scheme, "5") == "0 to 1000000000")
        #expect(try range(scheme, "-1") == "-1000000000 to 0")
        #expect(scheme.range(containing: .number(2_000_000_001)) == nil)
        let wide = try PartitionScheme(key: .bigint, step: .rows(1), zone: .gmt)
        #expect(wide.range(containing: .number(.max)) == nil)
        #expect(wide.range(containing: .number(.min)) != nil)
    }

    /// Both changes of three zones that change at three different hours, one of them at midnight and one by half an hour.
    private static let changes: [(zone: String, from: String, through: String)] = [
        ("America/New_York", "2026-03-07 00:00:00+00", "2026-03-10 00:00:00+00"),
        ("America/New_York", "2026-10-31 00:00:00+00", "2026-11-03 00:00:00+00"),
        ("Europe/Berlin", "2026-03-28 00:00:00+00", "2026-03-31 00:00:00+00"),
        ("Europe/Berlin", "2026-10-24 00:00:00+00", "2026-10-27 00:00:00+00"),
        ("Australia/Lord_Howe", "2026-04-03 00:00:00+00", "2026-04-07 00:00:00+00"),
        ("Australia/Lord_Howe", "2026-10-02 00:00:00+00", "2026-10-06 00:00:00+00"),
        ("Africa/Cairo", "2026-04-22 00:00:00+00", "2026-04-26 00:00:00+00"),
        ("America/Sao_Paulo", "2018-11-02 00:00:00+00", "2018-11-07 00:00:00+00"),
        ("America/Sao_Paulo", "2019-02-15 00:00:00+00", "2019-02-20 00:00:00+00"),
        ("America/St_Johns", "2010-11-05 00:00:00+00", "2010-11-09 00:00:00+00"),
        ("Pacific/Apia", "2011-12-28 00:00:00+00", "2012-01-02 00:00:00+00"),
    ]

    @Test(
        "over a change of the clocks there is no gap, no overlap and no name twice",
        arguments: changes.indices, ["1 hour", "3 hours", "1 day"])
    func daylightSaving(_ change: Int, _ step: String) throws {
        let (zone, from, through) = Self.changes[change]
        let scheme = try scheme(step, zone: zone)
        let first = try #require(PartitionValue(from, key: .timestamptz))
        let last = try #require(PartitionValue(through, key: .timestamptz))
        let ranges = scheme.ranges(from: first, through: last)
        try expectContiguous(ranges, scheme)
        if step == "1 hour" { #expect(ranges.count % 24 == 1, "every hour of \(zone), the one that comes twice too") }
    }

    @Test("the day of a change is 23 or 25 hours long, and one that was left out has no partition")
    func longDays() throws {
        let york = try scheme("1 day", zone: "America/New_York")
        #expect(try range(york, "2026-03-08 12:00:00+00") == "2026-03-08 05:00:00+00 to 2026-03-09 04:00:00+00")
        #expect(try range(york, "2026-11-01 12:00:00+00") == "2026-11-01 04:00:00+00 to 2026-11-02 05:00:00+00")
        // Midnight of 27 April was left out.
        let cairo = try scheme("1 day", zone: "Africa/Cairo")
        #expect(try range(cairo, "2023-04-28 12:00:00+00") == "2023-04-27 22:00:00+00 to 2023-04-28 21:00:00+00")
        // In Newfoundland midnight came twice, an hour apart: the day begins at the first one, and what the clock showed as
        // the day before once more is part of it.
        let newfoundland = try scheme("1 day", zone: "America/St_Johns")
        #expect(
            try range(newfoundland, "2010-11-07 02:45:00+00") == "2010-11-07 02:30:00+00 to 2010-11-08 03:30:00+00")
        // Samoa had no 30 December.
        let apia = try scheme("1 day", zone: "Pacific/Apia")
        let noon = try #require(PartitionValue("2011-12-30 12:00:00+00", key: .timestamptz))
        let range = try #require(apia.range(containing: noon))
        #expect(range.text(.timestamptz) == "2011-12-30 10:00:00+00 to 2011-12-31 10:00:00+00")
        #expect(try apia.name(of: range, table: "t") == "t_p2011_12_31")
    }

    @Test("ranges from any moment are contiguous, fit, and are the same from either side", arguments: 0..<12)
    func property(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let zones = [
            "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana",
        ]
        for _ in 0..<25 {
            let key = try #require(
                [PartitionKeyType.date, .timestamp, .timestamptz, .uuid, .text].randomElement(using: &generator))
            let unit = try #require(
                CalendarStep.Unit.allCases.filter { key != .date || $0 != .hour }.randomElement(using: &generator))
            let zone = try #require(zones.randomElement(using: &generator))
            let scheme = try PartitionScheme(
                key: key, step: .calendar(CalendarStep(Int.random(in: 1...14, using: &generator), unit)),
                zone: try #require(TimeZone(identifier: zone)))
            let moment = Date(timeIntervalSince1970: Double.random(in: 1e9...3e9, using: &generator).rounded())
            let value = try #require(scheme.value(at: moment))
            let range = try #require(scheme.range(containing: value))
            #expect(range.contains(value))
            var ranges = [range]
            for _ in 0..<8 { ranges.append(try #require(scheme.range(after: ranges[ranges.count - 1]))) }
            try expectContiguous(ranges, scheme)
            for (left, right) in zip(ranges, ranges.dropFirst()) {
                #expect(scheme.range(before: right) == left)
            }
            for range in ranges {
                let texts = [range.lower.text(key), range.upper.text(key)]
                let bounds = PartitionBounds("FOR VALUES FROM ('\(texts[0])') TO ('\(texts[1])')", key: key)
                #expect(bounds == .range(range), "\(texts)")
            }
        }
    }

    private func expectContiguous(_ ranges: [PartitionRange], _ scheme: PartitionScheme) throws {
        #expect(ranges.count > 1)
        for (left, right) in zip(ranges, ranges.dropFirst()) {
            #expect(left.upper == right.lower && left.lower < left.upper && !left.overlaps(right))
        }
        #expect(ranges.allSatisfy(scheme.fits))
        let names = try ranges.map { try scheme.name(of: $0, table: "t") }
        #expect(Set(names).count == names.count, "\(names)")
    }

    @Test("what does not go together is refused, with a sentence")
    func refusals() throws {
        #expect(throws: SpellingProblem.self) { try scheme("1 hour", .date) }
        #expect(throws: SpellingProblem.self) { try scheme("1 day", .bigint) }
        #expect(throws: SpellingProblem.self) { try PartitionScheme(key: .date, step: .rows(5), zone: .gmt) }
        #expect(throws: SpellingProblem.self) { try PartitionScheme(key: .smallint, step: .rows(40_000), zone: .gmt) }
        #expect(throws: SpellingProblem.self) { try scheme("9223372036854775807 years") }
    }
}
