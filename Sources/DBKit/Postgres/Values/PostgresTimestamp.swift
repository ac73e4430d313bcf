import Foundation

/// Text form of `timestamptz` under `DateStyle = ISO` and `TimeZone = UTC`, which every session sets.
enum PostgresTimestamp {
    static func text(_ date: Date) -> String {
        let microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let wholeSeconds = fraction < 0 ? seconds - 1 : seconds
        let micro = fraction < 0 ? fraction + 1_000_000 : fraction
        let (days, rest) = floorDivide(wholeSeconds, 86_400)
        let day = civil(fromDays: days)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
        let year = day.year <= 0 ? 1 - day.year : day.year
        let text = "\(padded(year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2)) \(clock).\(padded(micro, 6))+00"
        return day.year <= 0 ? text + " BC" : text
    }

    /// `2026-11-21 05:48:00.123456+00`, with an optional ` BC`. Nil for anything else, `infinity` included.
    static func date(_ text: String) -> Date? {
        var rest = Substring(text)
        let isBC = rest.hasSuffix(" BC")
        if isBC { rest.removeLast(3) }
        let halves = rest.split(separator: " ")
        guard let day = halves.first, halves.count <= 2 else { return nil }
        let parts = day.split(separator: "-")
        guard parts.count == 3, let year = Int64(parts[0]), let month = Int64(parts[1]),
            let dayOfMonth = Int64(parts[2])
        else { return nil }
        var seconds = days(fromYear: isBC ? 1 - year : year, month: month, day: dayOfMonth) * 86_400
        var fraction = 0.0
        if halves.count == 2 {
            guard let time = timeOfDay(halves[1]) else { return nil }
            seconds += time.seconds
            fraction = time.fraction
        }
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func timeOfDay(_ text: Substring) -> (seconds: Int64, fraction: Double)? {
        var clock = text
        if let plus = clock.lastIndex(of: "+") {
            guard clock[plus...] == "+00" else { return nil }
            clock = clock[..<plus]
        }
        let parts = clock.split(separator: ":")
        guard parts.count == 3, let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
            let second = Double(parts[2])
        else { return nil }
        let whole = Int64(second)
        return (hours * 3600 + minutes * 60 + whole, second - Double(whole))
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Proleptic Gregorian calendar. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The inverse; same source.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }
}
