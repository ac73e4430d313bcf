// What a feed says beside what the server has: text against binary.

import Foundation
import Postgres
import Storage
import TestSupport
import Testing

@testable import Refresh

@Suite("A row of the feed beside one of the table")
struct RowComparisonTests {
    private static func comparison(_ types: [ColumnType], keys: [Int] = [0]) throws -> RowComparison? {
        let columns = try types.enumerated().map { place, type in
            StagedColumn(
                fed: FedColumn(
                    target: TargetColumn(name: "c\(place)", type: type, typeName: "t"),
                    source: FeedSource(header: "c\(place)"), isKey: keys.contains(place), role: .plain),
                new: try identifier("n\(place)"), lookup: nil)
        }
        return RowComparison(columns, keys: keys)
    }

    /// As binary COPY sends them.
    private static func row(_ values: [[UInt8]?]) -> [UInt8] {
        bytes(Int16(values.count))
            + values.flatMap { value in value.map { bytes(Int32($0.count)) + $0 } ?? bytes(Int32(-1)) }
    }

    private static func bytes<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> T(T.bitWidth - 8 - 8 * $0)) }
    }

    private static func place(
        _ comparison: RowComparison, _ fed: [String], beside values: [[UInt8]?]
    ) -> RowComparison.Place {
        let prefix = "0\t17\t"
        let text = Array((prefix + fed.joined(separator: "\t") + "\n").utf8)
        let row = row(values)
        return comparison.place(text.span, prefix.utf8.count..<text.count, beside: row.span)
    }

    /// One value behind a key that is the same.
    private static func isSame(_ type: ColumnType, _ fed: String, _ value: [UInt8]?) throws -> Bool {
        let comparison = try #require(try comparison([.integer, type]))
        let place = place(comparison, ["1", fed], beside: [bytes(Int32(1)), value])
        #expect(place == .same || place == .sameKey)
        return place == .same
    }

    @Test("a decimal is the nearest floating number, as the server reads it, and no other")
    func floats() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<4000 {
            let digits = Int.random(in: 1...20, using: &random)
            let text = String((0..<digits).map { _ in "0123456789".randomElement(using: &random) ?? "0" })
            let point = Int.random(in: 0...digits, using: &random)
            let whole = text.prefix(point).isEmpty ? "0" : text.prefix(point)
            let sign = Bool.random(using: &random) ? "-" : ""
            let decimal = sign + whole + (point < digits ? "." + text.dropFirst(point) : "")
            let double = try #require(Double(decimal))
            let float = try #require(Float(decimal))
            #expect(try Self.isSame(.double, decimal, Self.bytes(double.bitPattern)), "\(decimal)")
            #expect(try Self.isSame(.real, decimal, Self.bytes(float.bitPattern)), "\(decimal)")
            #expect(try !Self.isSame(.double, decimal, Self.bytes(double.nextUp.bitPattern)), "\(decimal)")
            #expect(try !Self.isSame(.real, decimal, Self.bytes(float.nextDown.bitPattern)), "\(decimal)")
        }
        #expect(try Self.isSame(.double, "1e5", Self.bytes(100_000.0.bitPattern)))
        #expect(try !Self.isSame(.double, "0", Self.bytes((-0.0).bitPattern)))
        #expect(try !Self.isSame(.double, "1", Self.bytes(Double.nan.bitPattern)))
    }

    @Test("days are counted as the calendar does, and the table's infinities, centuries and eras are in their place")
    func days() throws {
        let comparison = try #require(try Self.comparison([.date]))
        func place(_ text: String, _ day: Int32) -> RowComparison.Place {
            Self.place(comparison, [text], beside: [Self.bytes(day)])
        }
        var random = SeededGenerator(seed: 8)
        for _ in 0..<2000 {
            let day = Int32.random(in: -100_000...200_000, using: &random)
            let date = Date(timeIntervalSince1970: 946_684_800 + Double(day) * 86_400)
            let text = date.formatted(.iso8601.year().month().day())
            #expect(place(text, day) == .same, "\(text)")
            #expect(place(text, day + 1) == .before && place(text, day - 1) == .after)
        }
        #expect(place("0001-01-01", -730_119) == .same && place("9999-12-31", 2_921_939) == .same)
        #expect(place("2024-01-01", .max) == .before && place("2024-01-01", .min) == .after)
        #expect(place("2024-01-01", 3_000_000) == .before && place("2024-01-01", -800_000) == .after)
    }

    @Test("keys stand in the order of their columns, or of these backwards")
    func order() throws {
        var random = SeededGenerator(seed: 9)
        for keys in [[0, 1], [1, 0]] {
            let comparison = try #require(try Self.comparison([.bigint, .smallint, .integer], keys: keys))
            for _ in 0..<2000 {
                let one = [
                    Int.random(in: -3...3, using: &random) * 4_000_000_000, Int.random(in: -3...3, using: &random), 5,
                ]
                let two = [
                    Int.random(in: -3...3, using: &random) * 4_000_000_000, Int.random(in: -3...3, using: &random),
                    Int.random(in: 5...6, using: &random),
                ]
                let values = [Self.bytes(Int64(two[0])), Self.bytes(Int16(two[1])), Self.bytes(Int32(two[2]))]
                let place = Self.place(comparison, one.map(String.init), beside: values)
                let (first, second) = (keys.map { one[$0] }, keys.map { two[$0] })
                let wanted: RowComparison.Place =
                    first == second
                    ? one == two ? .same : .sameKey : first.lexicographicallyPrecedes(second) ? .before : .after
                #expect(place == wanted, "\(keys) \(one) \(two)")
            }
        }
    }

    @Test(
        "texts are compared as they were before they were escaped; NULL is no text, and a decimal has no zeros at its end"
    )
    func texts() throws {
        for (fed, value, isSame) in [
            ("plain", "plain", true), ("a\\tb", "a\tb", true), ("a\\nb\\rc", "a\nb\rc", true),
            ("a\\\\b", "a\\b", true), ("\\\\N", "\\N", true), ("tab", "ta", false), ("", "", true),
            ("\\tx", "tx", false),
            ("a\\\\", "a", false), ("a\\\\b", "a\\\\b", false), ("a\\tb", "a\\tb", false), ("\\\\N", "\\\\N", false),
            ("long enough to be words", "long enough to be wordy", false),
        ] {
            #expect(try Self.isSame(.text(maximum: nil), fed, Array(value.utf8)) == isSame, "\(fed)")
        }
        #expect(try Self.isSame(.text(maximum: nil), "\\N", nil))
        #expect(try !Self.isSame(.text(maximum: nil), "\\N", Array("\\N".utf8)))
        #expect(try !Self.isSame(.text(maximum: nil), "", nil))
        for (fed, value, isSame) in [
            ("10.50", "10.5", true), ("10.", "10", true), ("10.0", "10.000", true), ("10", "1", false),
            ("100", "10", false), ("-1.10", "-1.1", true), ("1e1", "10", false), ("NaN", "NaN", false),
            ("0.1", "0.01", false),
        ] {
            #expect(try Self.isSame(.numeric(precision: nil, scale: nil), fed, Array(value.utf8)) == isSame, "\(fed)")
        }
        #expect(try Self.isSame(.boolean, "t", [1]) && Self.isSame(.boolean, "f", [0]))
        #expect(try !Self.isSame(.boolean, "t", [0]) && !Self.isSame(.boolean, "\\N", [0]))
    }

    @Test("moments are the same in UTC, however that is spelled; of other zones nothing is said")
    func moments() throws {
        let stored = Array("2024-01-01 10:20:30+00".utf8)
        for (fed, isSame) in [
            ("2024-01-01 10:20:30+00:00", true), ("2024-01-01 10:20:30 UTC", true),
            ("2024-01-01 10:20:30 Europe/Berlin", false), ("2024-01-01 11:20:30+01:00", false),
            ("2024-01-01 10:20:31+00:00", false),
        ] {
            #expect(try Self.isSame(.timestamptz, fed, stored) == isSame, "\(fed)")
        }
        #expect(try Self.isSame(.bigint, "1846744073709551615", Self.bytes(Int64(1_846_744_073_709_551_615))))
        #expect(try Self.isSame(.bigint, "-9223372036854775807", Self.bytes(Int64.min + 1)))
        #expect(try !Self.isSame(.bigint, "9999999999999999999", Self.bytes(Int64(-8_446_744_073_709_551_617))))
    }

    @Test("what only the server can read or order is left to it")
    func others() throws {
        #expect(try Self.comparison([.integer, .other]) == nil)
        #expect(try Self.comparison([.text(maximum: nil), .integer]) == nil)
    }
}
