/// A day of the proleptic Gregorian calendar, as the server counts them: no locale, no time zone.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
public struct CivilDay: Sendable, Hashable, Comparable {
    /// Before the year 1: 0 is 1 BC.
    public var year: Int64
    public var month: Int64
    public var day: Int64

    public init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// - Parameter days: Since 1 January 1970.
    public init(days: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    /// Since 1 January 1970.
    public var days: Int64 {
        // Years begin in March, so that the leap day is the last one.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The week of ISO 8601: it belongs to the year that its Thursday lies in.
    public var isoWeek: (year: Int64, week: Int64) {
        let monday = days - CivilDay.daysSinceMonday(days)
        let year = CivilDay(days: monday + 3).year
        let first = CivilDay(year: year, month: 1, day: 4).days
        return (year, (monday - (first - CivilDay.daysSinceMonday(first))) / 7 + 1)
    }

    /// A day that the earlier month does not have becomes its last.
    public func stepping(_ step: CalendarStep, back: Bool) -> CivilDay {
        let count = Int64(back ? -step.count : step.count)
        let months: Int64
        switch step.unit {
        case .hour: return self
        case .day: return CivilDay(days: days + count)
        case .week: return CivilDay(days: days + count * 7)
        case .month: months = count
        case .quarter: months = count * 3
        case .year: months = count * 12
        }
        let month = year * 12 + self.month - 1 + months
        let first = CivilDay(year: month.flooredQuotient(12), month: month.flooredRemainder(12) + 1, day: 1).days
        let next = CivilDay(year: (month + 1).flooredQuotient(12), month: (month + 1).flooredRemainder(12) + 1, day: 1)
            .days
        return CivilDay(days: first + min(day, next - first) - 1)
    }

    /// How many days a month has; nil where there is no such month.
    public static func length(ofMonth month: Int64, in year: Int64) -> Int64? {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        case 1...12: 31
        default: nil
        }
    }

    public static func < (left: CivilDay, right: CivilDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// 1 January 1970 was a Thursday.
    private static func daysSinceMonday(_ days: Int64) -> Int64 { (days + 3).flooredRemainder(7) }
}

extension Int64 {
    /// Rounded towards the smaller number, also below zero.
    public func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    public func flooredRemainder(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }

    public func padded(_ width: Int) -> String {
        let digits = String(magnitude)
        return (self < 0 ? "-" : "") + String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
