import Operations

/// A moment of the calendar in UTC, by arithmetic alone: no locale, no time zone, no daylight saving time.
///
/// Foundation's Calendar says the same, at a price that a listing of a thousand sets does not want to pay.
struct CivilTime: Sendable, Hashable {
    var year: Int
    var month: Int
    var day: Int
    var hour = 0
    var minute = 0
    var second = 0

    /// Days since 1 January 1970, a Thursday.
    var dayNumber: Int { Int(CivilDay(year: Int64(year), month: Int64(month), day: Int64(day)).days) }

    /// Since 1970.
    var seconds: Int { ((dayNumber * 24 + hour) * 60 + minute) * 60 + second }

    /// Weeks from Monday to Sunday, numbered through, whatever the year.
    var weekNumber: Int { Int(Int64(dayNumber + 3).flooredQuotient(7)) }

    init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    /// - Parameter seconds: since 1970.
    init(seconds: Int) {
        let number = Int64(seconds).flooredQuotient(86_400)
        let time = seconds - Int(number) * 86_400
        let date = CivilDay(days: number)
        (year, month, day) = (Int(date.year), Int(date.month), Int(date.day))
        (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
    }
}
