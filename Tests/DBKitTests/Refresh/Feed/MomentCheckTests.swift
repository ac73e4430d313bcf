// Days and times in the styles in which they come, and those that cannot be trusted (R3).

import Foundation
import Testing

@testable import Refresh

@Suite("The checks of days and times") struct MomentCheckTests {
    /// The date is no part of the key: then it may be in the future.
    private func outcome(
        _ type: ColumnType, _ text: String, zone: String = "UTC", isDay: Bool = false,
        surplus: SurplusDecimals = .round
    ) async throws -> FeedScene.Outcome {
        var scene = FeedScene.column("day", type)
        scene.definition.delimiter = UInt8(ascii: "|")
        scene.definition.timezone = zone
        scene.definition.surplusDecimals = surplus
        if isDay { scene.definition.date = "day" }
        return try await scene.read("id|day\n1|\(text)\n")
    }

    @Test(
        "a day is read in every style that names year, month and day without doubt",
        arguments: [
            "2024-02-29", "20240229", "2024/02/29", "2024.02.29", "2024-2-29", "29-Feb-2024", "29 Feb 2024",
            "29 February 2024", "Feb 29, 2024", "February 29 2024", "29-FEB-2024", "2024-Feb-29", " 2024-02-29 ",
            "2024-02-29 00:00:00", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000+00:00", "2024-02-29 00:00",
        ])
    func styles(_ text: String) async throws {
        let read = try await outcome(.date, text)
        #expect(read.values == [["1", "2024-02-29"]], "\(read.reasons)")
    }

    @Test(
        "R3: days that do not exist, that can be read in two ways, words that the server knows, and what is no day",
        arguments: [
            ("2023-02-29", "does not exist"), ("2024-02-30", "does not exist"), ("2024-13-01", "does not exist"),
            ("2024-00-10", "does not exist"), ("2024-04-31", "does not exist"), ("20241301", "does not exist"),
            ("31-Feb-2024", "does not exist"), ("1900-02-29", "does not exist"), ("0000-01-01", "does not exist"),
            ("01/02/2024", "is ambiguous"), ("13/02/2024", "is ambiguous"), ("1.2.2024", "is ambiguous"),
            ("01-02-2024", "is ambiguous"), ("02-Jan-24", "is ambiguous"), ("1/2/24", "is ambiguous"),
            ("today", "is a word"), ("now", "is a word"), ("Tomorrow", "is a word"), ("yesterday", "is a word"),
            ("infinity", "is a word"), ("-Infinity", "is a word"), ("epoch", "is a word"), ("allballs", "is a word"),
            ("abc", "is no date"), ("2024", "is no date"), ("202402", "is no date"), ("1709164800", "is no date"),
            ("2024-02", "is no date"), ("2024-W09-4", "is no date"), ("2024-060", "is no date"),
            ("45351", "is no date"),
            ("2024-02-29x", "is no date"), ("29 Foo 2024", "is no date"), ("2024-02-29 12:00:00", "has a time of day"),
            ("2024-02-29 00:00:00.5", "has a time of day"), ("2024-02-29 25:00", "a time that does not exist"),
            ("2024-02-29 00:00 EST", "the name of a time zone"), ("2024-02-29 BC", "is no time"),
        ])
    func refused(_ text: String, _ words: String) async throws {
        let read = try await outcome(.date, text)
        #expect(read.rows.isEmpty, "taken as \(read.values)")
        #expect(read.reasons.first?.contains(words) == true, "\(text): \(read.reasons)")
    }

    @Test(
        "R3: a zone that would shift the day rejects it, and one that does not is dropped",
        arguments: [
            ("2024-02-29T00:00:00+09:00", "UTC", false), ("2024-02-29T00:00:00Z", "America/New_York", false),
            ("2024-02-29T00:00:00-05:00", "America/New_York", true), ("2024-02-29T00:00:00-05:00", "UTC", true),
            ("2024-02-29T00:00:00Z", "Asia/Tokyo", true), ("2024-02-29T00:00:00+0100", "Europe/Berlin", true),
        ])
    func zones(_ text: String, _ zone: String, _ isTaken: Bool) async throws {
        let read = try await outcome(.date, text, zone: zone)
        #expect(read.values == (isTaken ? [["1", "2024-02-29"]] : []))
        if !isTaken { #expect(read.reasons.first?.contains("a time zone that shifts the date") == true) }
    }

    @Test("R3: the record's day is never in the future, by the day that it is where the feed comes from")
    func future() async throws {
        // It is the 14th in UTC and in Tokyo, and still the 13th in New York.
        #expect(try await outcome(.date, "2026-03-14", isDay: true).rows.count == 1)
        #expect(try await outcome(.date, "2026-03-14", zone: "Asia/Tokyo", isDay: true).rows.count == 1)
        let early = try await outcome(.date, "2026-03-14", zone: "America/New_York", isDay: true)
        #expect(
            early.reasons == [
                "2: day: \"2026-03-14\" is in the future: today is 2026-03-13 in America/New_York"
            ])
        #expect(try await outcome(.date, "15 Mar 2026", isDay: true).rows.isEmpty)
        #expect(try await outcome(.timestamptz, "2026-03-14T12:00:00+14:00", isDay: true).rows.count == 1)
        #expect(try await outcome(.timestamp, "2026-03-15 00:00:00", isDay: true).rows.isEmpty)
        #expect(try await outcome(.date, "2026-03-15").rows.count == 1, "another date may be in the future")
    }

    @Test(
        "R3: a year that no record is about",
        arguments: [("1899-12-31", false), ("1900-01-01", true), ("2201-01-01", false)])
    func years(_ text: String, _ isTaken: Bool) async throws {
        let read = try await outcome(.date, text, isDay: true)
        #expect(read.rows.count == (isTaken ? 1 : 0))
        if !isTaken { #expect(read.reasons.first?.contains("is no likely year") == true) }
        #expect(try await outcome(.date, text).rows.count == 1, "a date of another kind")
    }

    @Test(
        "a time without a zone is one of the feed's zone, and one with an offset keeps it",
        arguments: [
            ("2024-02-29 12:30:15", "America/New_York", "2024-02-29 12:30:15 America/New_York"),
            ("2024-02-29", "UTC", "2024-02-29 00:00:00 UTC"),
            ("2024-02-29T12:30Z", "America/New_York", "2024-02-29 12:30:00+00:00"),
            ("2024-02-29T12:30:15.123456-05:30", "UTC", "2024-02-29 12:30:15.123456-05:30"),
            ("29 Feb 2024 1:02:03 UTC", "UTC", "2024-02-29 01:02:03+00:00"),
        ])
    func timestamptz(_ text: String, _ zone: String, _ wanted: String) async throws {
        let read = try await outcome(.timestamptz, text, zone: zone)
        #expect(read.values == [["1", wanted]], "\(read.reasons)")
    }

    @Test("R3: a column without zone takes the feed's own offset, and no other")
    func timestamp() async throws {
        #expect(try await outcome(.timestamp, "2024-02-29T12:30:15.5").values == [["1", "2024-02-29 12:30:15.5"]])
        let own = try await outcome(.timestamp, "2024-07-01T12:00:00+02:00", zone: "Europe/Berlin")
        #expect(own.values == [["1", "2024-07-01 12:00:00"]])
        for text in ["2024-01-01T12:00:00+02:00", "2024-07-01T12:00:00Z"] {
            let other = try await outcome(.timestamp, text, zone: "Europe/Berlin")
            #expect(other.reasons.first?.contains("a time zone other than the feed's") == true)
        }
    }

    @Test(
        "R3: times that are none",
        arguments: [
            "2024-02-29 24:00:00", "2024-02-29 12:60", "2024-02-29 12:00:60", "2024-02-29 12", "2024-02-29 noon",
            "2024-02-29 3:04 PM", "2024-02-29T12:00:00+25:00", "2024-02-29T120000",
        ])
    func badTimes(_ text: String) async throws {
        #expect(try await outcome(.timestamp, text).rows.isEmpty)
        #expect(try await outcome(.timestamptz, text).rows.isEmpty)
    }

    @Test("R3: more decimals of a second than the server keeps")
    func surplusDecimals() async throws {
        #expect(try await outcome(.timestamp, "2024-02-29 12:00:00.1234567").rows.count == 1)
        #expect(try await outcome(.timestamp, "2024-02-29 12:00:00.1234567", surplus: .reject).rows.isEmpty)
        #expect(try await outcome(.timestamp, "2024-02-29 12:00:00.1234560", surplus: .reject).rows.count == 1)
    }

    @Test("a zone that nobody knows is a mistake of the configuration")
    func unknownZone() async throws {
        #expect(try await outcome(.date, "2024-02-29", zone: "UTC+3").code == "refresh.column")
        #expect(try await outcome(.date, "2024-02-29", zone: "PST").code == "refresh.column")
        #expect(try await outcome(.date, "2024-02-29", zone: "Mars/Olympus").code == "refresh.column")
    }

    @Test("each day from 1900 to 2200 is read and written back, and its number goes up by one")
    func calendar() {
        var last = CivilDate(days: -25_567)
        #expect(last.text == "1900-01-01")
        for number in -25_566...84_370 {
            let day = CivilDate(days: number)
            let isSame = CivilDate(year: day.year, month: day.month, day: day.day) == day && day.days == number
            let isNext = day > last
            if !isSame || !isNext { Issue.record("\(day.text)") }
            last = day
        }
        #expect(last.text == "2200-12-31")
    }

    @Test(
        "R3: the hour that the clocks leave out in spring is rejected, whatever the server would make of it",
        arguments: [
            ("2024-03-10 02:30:00", "America/New_York", false), ("2024-03-10 03:00:00", "America/New_York", true),
            ("2024-03-10 01:59:59", "America/New_York", true), ("2024-11-03 01:30:00", "America/New_York", true),
            ("2024-03-31 02:00:00", "Europe/Berlin", false), ("2024-03-31 02:00:00", "UTC", true),
            ("2024-03-10 02:30:00-05:00", "America/New_York", true),
        ])
    func missingHour(_ text: String, _ zone: String, _ isTaken: Bool) async throws {
        let read = try await outcome(.timestamptz, text, zone: zone)
        #expect(read.rows.isEmpty != isTaken, "\(read.values)")
        if !isTaken { #expect(read.reasons.first?.contains("a time that does not exist") == true) }
    }
}
