import Operations

/// A day of the Gregorian calendar, by arithmetic alone.
struct CivilDate: Sendable, Hashable, Comparable {
    /// Year, month and day as digits of one number: in order, and quick to compare.
    let number: Int32

    var year: Int { Int(number) / 10_000 }
    var month: Int { Int(number) / 100 % 100 }
    var day: Int { Int(number) % 100 }

    /// Nil for a day that does not exist.
    @inline(__always)
    init?(year: Int, month: Int, day: Int) {
        guard month >= 1, month <= 12, day >= 1,
            day <= 28 || Int64(day) <= CivilDay.length(ofMonth: Int64(month), in: Int64(year)) ?? 0,
            year >= 1, year <= 9999
        else { return nil }
        number = Int32(truncatingIfNeeded: year &* 10_000 &+ month &* 100 &+ day)
    }

    /// - Parameter days: since 1 January 1970.
    init(days: Int) {
        let day = CivilDay(days: Int64(days))
        number = Int32(day.year * 10_000 + day.month * 100 + day.day)
    }

    /// Since 1 January 1970.
    var days: Int { Int(CivilDay(year: Int64(year), month: Int64(month), day: Int64(day)).days) }

    /// `2026-01-31`
    var text: String {
        String(decoding: [UInt8](capacity: 10) { $0.append(self) }, as: UTF8.self)
    }

    static func < (left: CivilDate, right: CivilDate) -> Bool { left.number < right.number }
}

extension OutputSpan where Element == UInt8 {
    /// Needs 10 bytes of room.
    mutating func append(_ day: CivilDate) {
        append(number: day.year, digits: 4)
        append(UInt8(ascii: "-"))
        append(number: day.month, digits: 2)
        append(UInt8(ascii: "-"))
        append(number: day.day, digits: 2)
    }
}
