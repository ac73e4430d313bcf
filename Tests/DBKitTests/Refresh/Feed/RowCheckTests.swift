// What becomes of a value, by the type of its column (R3).

import Foundation
import Testing

@testable import Refresh

@Suite("The checks of a record") struct RowCheckTests {
    /// The value as it goes to the server; nil is NULL.
    private func written(_ scene: FeedScene, _ value: String) async throws -> FeedScene.Outcome {
        var scene = scene
        scene.definition.delimiter = UInt8(ascii: "|")
        let name = scene.target[1].name
        return try await scene.read("id|\(name)\n1|\(value)\n")
    }

    private func expect(_ scene: FeedScene, _ value: String, becomes wanted: String) async throws {
        let outcome = try await written(scene, value)
        #expect(outcome.values.first?.last == wanted, "\(value): \(outcome.reasons)")
    }

    private func expect(_ scene: FeedScene, _ value: String, rejectedFor words: String) async throws {
        let outcome = try await written(scene, value)
        #expect(outcome.rows.isEmpty, "\(value) was taken as \(outcome.values)")
        #expect(outcome.reasons.first?.contains(words) == true, "\(value): \(outcome.reasons)")
    }

    private static let notNumbers = [
        ("NaN", "is no finite number"), ("nan", "is no finite number"), ("Infinity", "is no finite number"),
        ("-inf", "is no finite number"), ("+Infinity", "is no finite number"), ("1,234.5", "thousands separator"),
        ("1.234,56", "thousands separator"), ("1 234", "thousands separator"), ("1'234.5", "thousands separator"),
        ("1\u{A0}234", "thousands separator"), ("1\u{202F}234", "thousands separator"), ("12,5", "has a comma"),
        ("$5", "has a currency"), ("5 €", "has a currency"), ("£1,234", "has a currency"), ("USD 5", "has a currency"),
        ("5.25EUR", "has a currency"), ("5%", "percent sign"), ("0x1F", "is not a decimal number"),
        ("1_000", "has an underscore"), ("abc", "is no number"), ("--1", "is no number"), ("1.2.3", "is no number"),
        ("1e", "is no number"), ("e5", "is no number"), (".", "is no number"), ("-", "is no number"),
        ("2026-03-12", "is no number"), ("(5)", "is no number"), ("1/2", "is no number"), ("١", "is no number"),
    ]

    @Test("R3: what is no number is rejected with what is wrong about it", arguments: notNumbers)
    func notNumber(_ text: String, _ words: String) async throws {
        for type in [ColumnType.integer, .double, .real, .numeric(precision: nil, scale: nil)] {
            try await expect(.column("x", type), text, rejectedFor: words)
        }
    }

    @Test(
        "whole numbers are written so that the same number is the same text",
        arguments: [
            ("5", "5"), ("+5", "5"), ("-5", "-5"), ("007", "7"), ("0", "0"), ("-0", "0"), ("5.0", "5"), ("5.", "5"),
            ("-2147483648", "-2147483648"), ("2147483647", "2147483647"), ("  12 ", "12"),
            ("000000000000000000000000012", "12"),
        ])
    func whole(_ text: String, _ wanted: String) async throws {
        try await expect(.column("x", .integer), text, becomes: wanted)
    }

    @Test(
        "R3: whole numbers beyond the range, fractions and exponents are rejected",
        arguments: [
            (ColumnType.smallint, "32768", "out of the range"), (.smallint, "-32769", "out of the range"),
            (.integer, "2147483648", "out of the range"), (.bigint, "9223372036854775808", "out of the range"),
            (.bigint, "-9223372036854775809", "out of the range"),
            (.bigint, "99999999999999999999999", "out of the range"),
            (.integer, "1.5", "is no whole number"), (.integer, "1e3", "is no whole number"),
        ])
    func wholeRefused(_ type: ColumnType, _ text: String, _ words: String) async throws {
        try await expect(.column("x", type), text, rejectedFor: words)
    }

    @Test(
        "the ends of bigint are taken",
        arguments: ["9223372036854775807", "-9223372036854775808", "999999999999999999"])
    func bigint(_ text: String) async throws {
        try await expect(.column("x", .bigint), text, becomes: text)
    }

    @Test(
        "floating numbers are taken as they are written",
        arguments: [
            ("1.5", "1.5"), ("-1.5", "-1.5"), ("+1.5", "1.5"), (".5", ".5"), ("5.", "5."), ("1e5", "1e5"),
            ("1.5E-10", "1.5E-10"), ("0", "0"), ("0e999999", "0e999999"),
            ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ])
    func float(_ text: String, _ wanted: String) async throws {
        try await expect(.column("x", .double), text, becomes: wanted)
    }

    @Test(
        "R3: floating numbers that the column cannot hold are rejected",
        arguments: [
            (ColumnType.double, "1e309", "too large"), (.double, "-1e400", "too large"),
            (.double, "1e-400", "too small"),
            (.real, "1e39", "too large"), (.real, "1e-50", "too small"),
            (.double, "1e99999999999999999999", "too large"),
            (.real, "1000000000000000000000000000000000000000", "too large"),
        ])
    func floatRefused(_ type: ColumnType, _ text: String, _ words: String) async throws {
        try await expect(.column("x", type), text, rejectedFor: words)
    }

    @Test(
        "R3: numeric keeps what fits after rounding, and rejects what does not",
        arguments: [
            ("10.125", "10.125"), ("99999999.99", "99999999.99"), ("99999999.994", "99999999.994"),
            ("1e7", "1e7"), ("0000000000005.10", "0000000000005.10"), ("-99999999.99", "-99999999.99"), ("+3", "3"),
            ("0.000", "0.000"), ("1e-20", "1e-20"),
        ])
    func numeric(_ text: String, _ wanted: String) async throws {
        try await expect(.column("x", .numeric(precision: 10, scale: 2)), text, becomes: wanted)
    }

    @Test(
        "R3: numeric beyond its precision",
        arguments: ["100000000", "99999999.995", "1e8", "999999999.9e0", "-100000000.00"])
    func numericRefused(_ text: String) async throws {
        try await expect(
            .column("x", .numeric(precision: 10, scale: 2), "numeric(10,2)"), text,
            rejectedFor: "is too large for numeric(10,2)")
    }

    @Test("numeric with more decimals than digits, and with less than none, as the server has it")
    func oddScales() async throws {
        try await expect(.column("x", .numeric(precision: 2, scale: 4)), "0.0099", becomes: "0.0099")
        try await expect(.column("x", .numeric(precision: 2, scale: 4)), "0.01", rejectedFor: "too large")
        try await expect(.column("x", .numeric(precision: 2, scale: -3)), "99000", becomes: "99000")
        try await expect(.column("x", .numeric(precision: 2, scale: -3)), "99500", rejectedFor: "too large")
        try await expect(.column("x", .numeric(precision: nil, scale: nil)), "1e200000", rejectedFor: "too large")
        try await expect(.column("x", .numeric(precision: nil, scale: nil)), "1e-20000", rejectedFor: "too small")
        try await expect(.column("x", .numeric(precision: nil, scale: nil)), "1e-16383", becomes: "1e-16383")
    }

    @Test("R3: more decimals than the column keeps are rounded by the server, or rejected where the feed says so")
    func surplusDecimals() async throws {
        var scene = FeedScene.column("x", .numeric(precision: 10, scale: 2), "numeric(10,2)")
        try await expect(scene, "10.125", becomes: "10.125")
        scene.definition.surplusDecimals = .reject
        try await expect(scene, "10.125", rejectedFor: "has more decimals than numeric(10,2) keeps")
        try await expect(scene, "1.0125e1", rejectedFor: "has more decimals")
        try await expect(scene, "10.1200", becomes: "10.1200")
        try await expect(scene, "1012.5e-1", becomes: "1012.5e-1")
    }

    @Test("R3: a price is above zero, once it is rounded too; a volume is not below zero")
    func signs() async throws {
        for type in [ColumnType.double, .numeric(precision: 10, scale: 2), .integer] {
            for value in ["0", "-5", "-0"] {
                try await expect(.column("close", type), value, rejectedFor: "is no price: it must be above 0")
            }
            try await expect(.column("volume", type), "-1", rejectedFor: "is below 0")
            try await expect(.column("volume", type), "0", becomes: "0")
            try await expect(.column("other", type), "-1", becomes: "-1")
        }
        try await expect(.column("close", .double), "0.000", rejectedFor: "is no price")
        try await expect(.column("close", .numeric(precision: 10, scale: 2)), "0.004", rejectedFor: "is no price")
        try await expect(.column("close", .numeric(precision: 10, scale: 2)), "0.005", becomes: "0.005")
        try await expect(.column("close", .double), "1e-9", becomes: "1e-9")
    }

    @Test("R3: NULL in a column that takes none, and in the key")
    func nulls() async throws {
        var scene = FeedScene.column("x", .double, isNullable: false)
        try await expect(scene, "", rejectedFor: "x is empty, and the column takes no NULL")
        scene.target[0].isNullable = true
        let outcome = try await scene.read("id,x\n,1\n")
        #expect(outcome.reasons == ["2: id is empty, and the column takes no NULL"])
    }

    @Test(
        "booleans in the ways in which they are written",
        arguments: [
            ("t", "t"), ("TRUE", "t"), ("yes", "t"), ("Y", "t"), ("1", "t"), ("on", "t"), ("f", "f"), ("False", "f"),
            ("NO", "f"), ("n", "f"), ("0", "f"), ("off", "f"),
        ])
    func boolean(_ text: String, _ wanted: String) async throws {
        try await expect(.column("x", .boolean), text, becomes: wanted)
    }

    @Test("R3: what is neither true nor false", arguments: ["2", "maybe", "tr", "-", "truest"])
    func notBoolean(_ text: String) async throws {
        try await expect(.column("x", .boolean), text, rejectedFor: "is neither true nor false")
    }

    @Test("R3: a text is measured in characters, and stays as it is")
    func text() async throws {
        let scene = FeedScene.column("x", .text(maximum: 4), "character varying(4)")
        try await expect(scene, "äöüß", becomes: "äöüß")
        try await expect(scene, " a  ", becomes: " a  ")
        try await expect(scene, "abcde", rejectedFor: "is longer than character varying(4) takes")
        try await expect(scene, "äöüßx", rejectedFor: "is longer")
        try await expect(.column("x", .text(maximum: nil)), "a\\Nb\\.", becomes: "a\\Nb\\.")
        try await expect(.column("x", .other), "{1,2}", becomes: "{1,2}")
    }

    @Test("a reason names the column and shows the value, short and on one line")
    func reasons() async throws {
        let outcome = try await FeedScene.column("close", .double).read("id,close\n1,\"1,234.5\"\n2,\"a\nb\u{7}\"\n")
        #expect(outcome.reasons.first == "2: close: \"1,234.5\" has a thousands separator")
        #expect(outcome.reasons.last == "3: close: \"a\\nb\\u{7}\" is no number")
        let long = try await written(.column("close", .double), String(repeating: "x", count: 100))
        #expect(long.reasons == ["2: close: \"\(String(repeating: "x", count: 40))…\" is no number"])
    }
}
