import Testing

@testable import Partitions

@Suite("The bounds that the server prints")
struct PartitionBoundsTests {
    @Test("ranges with MINVALUE and MAXVALUE, numbers with and without quotes, infinity, years before Christ")
    func understood() {
        func parsed(_ text: String, _ key: PartitionKeyType) -> String? {
            PartitionBounds("FOR VALUES FROM (\(text))", key: key).range?.text(key)
        }
        #expect(parsed("MINVALUE) TO ('2026-01-01'", .date) == "MINVALUE to 2026-01-01")
        #expect(parsed("'-5') TO (MAXVALUE", .bigint) == "-5 to MAXVALUE")
        #expect(parsed("'-5') TO (10", .integer) == "-5 to 10")
        #expect(parsed("'-infinity') TO ('infinity'", .timestamptz) == "-infinity to infinity")
        #expect(
            parsed("'0044-03-15 12:00:00.5+00 BC') TO ('2026-01-01 00:00:00+00'", .timestamptz)
                == "0044-03-15 12:00:00.500000+00 BC to 2026-01-01 00:00:00+00")
        #expect(parsed("'12026-01-01') TO ('12027-01-01'", .date) == "12026-01-01 to 12027-01-01")
    }

    @Test("a report has moments by RFC 3339 in UTC, and every other value as the key has it")
    func stamps() {
        func stamp(_ text: String, _ key: PartitionKeyType) -> String? {
            PartitionValue(text, key: key).map { PartitionBound.value($0).stamp(key) }
        }
        #expect(stamp("2026-05-29 20:23:21+00", .timestamptz) == "2026-05-29T20:23:21Z")
        #expect(stamp("2026-05-29 20:23:21.5+00", .timestamptz) == "2026-05-29T20:23:21.500000Z")
        #expect(stamp("infinity", .timestamptz) == "infinity")
        #expect(stamp("0044-03-15 12:00:00+00 BC", .timestamptz) == "0044-03-15 12:00:00+00 BC")
        #expect(stamp("2026-05-29 20:23:21", .timestamp) == "2026-05-29 20:23:21")
        #expect(stamp("2026-05-29", .date) == "2026-05-29")
        #expect(stamp("7", .bigint) == "7")
        #expect(PartitionBound.minimum.stamp(.timestamptz) == "MINVALUE")
    }

    @Test("the default partition takes the rest")
    func fallback() {
        #expect(PartitionBounds("DEFAULT", key: .date) == .fallback)
    }

    @Test(
        "what is not understood says so, and is never taken for a range",
        arguments: [
            "FOR VALUES IN ('a')", "FOR VALUES WITH (modulus 4, remainder 0)",
            "FOR VALUES FROM ('2026-01-01', 5) TO ('2026-02-01', 5)", "FOR VALUES FROM ('x') TO ('y')",
            "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') ",
            "FOR VALUES FROM ('2026-01-01 05:00:00+02') TO (MAXVALUE)",
        ])
    func other(_ text: String) {
        #expect(PartitionBounds(text, key: .date) == .other(text))
    }

    @Test("MINVALUE lies below minus infinity, and ranges that only touch do not overlap")
    func order() {
        #expect(PartitionBound.minimum < .value(.moment(.min)) && .value(.moment(.max)) < PartitionBound.maximum)
        let first = PartitionRange(lower: .minimum, upper: .value(.number(10)))
        let second = PartitionRange(lower: .value(.number(10)), upper: .maximum)
        #expect(!first.overlaps(second) && first.overlaps(PartitionRange(lower: .value(.number(9)), upper: .maximum)))
    }
}
