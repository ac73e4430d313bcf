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
        guard month >= 1, month <= 12, day >= 1, day <= 28 || day <= Self.length(year, month), year >= 1, year <= 9999
        else { return nil }
        number = Int32(truncatingIfNeeded: year &* 10_000 &+ month &* 100 &+ day)
    }

    /// - Parameter days: since 1 January 1970.
    init(days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        number = Int32(year * 10_000 + month * 100 + dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// Since 1 January 1970.
    var days: Int {
        // Years begin in March, so that the leap day is the last one.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// `2026-01-31`
    var text: String {
        String(decoding: [UInt8](capacity: 10) { $0.append(self) }, as: UTF8.self)
    }

    private static func length(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
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
