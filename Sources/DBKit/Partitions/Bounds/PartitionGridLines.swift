import Operations

/// The lines of a grid on the axis of one key: seconds of instants, seconds of a clock, or numbers. Pure.
struct PartitionGridLines: Sendable, Hashable {
    let grid: PartitionStep.Grid
    let key: PartitionKeyType
    let clock: ZonedClock

    /// The lines around a place, or nil beyond what can be counted.
    func around(_ place: Int64) -> (lower: Int64, upper: Int64)? {
        if case .rows(let count) = grid {
            let (lower, isBelow) = place.flooredQuotient(count).multipliedReportingOverflow(by: count)
            let (upper, isAbove) = lower.addingReportingOverflow(count)
            return isBelow || isAbove ? nil : (lower, upper)
        }
        var number = estimate(place)
        // Midnight may come an hour late, or twice; a day may be left out altogether (Samoa, 30 December 2011), so that two
        // lines are one.
        while line(number) > place { number -= 1 }
        while line(number + 1) <= place { number += 1 }
        return (line(number), line(number + 1))
    }

    private func estimate(_ place: Int64) -> Int64 {
        switch grid {
        case .rows(let count): return place.flooredQuotient(count)
        case .hours(let count): return place.flooredQuotient(count * 3600)
        case .days(let count): return day(of: place).flooredQuotient(count)
        case .weeks(let count): return (day(of: place) - Self.firstMonday).flooredQuotient(count * 7)
        case .months(let count):
            let day = CivilDay(days: day(of: place))
            return (day.year * 12 + day.month - 1).flooredQuotient(count)
        }
    }

    private func line(_ number: Int64) -> Int64 {
        switch grid {
        case .rows(let count): return number * count
        case .hours(let count): return number * count * 3600
        case .days(let count): return start(of: number * count)
        case .weeks(let count): return start(of: Self.firstMonday + number * count * 7)
        case .months(let count):
            let months = number * count
            return start(
                of: CivilDay(year: months.flooredQuotient(12), month: months.flooredRemainder(12) + 1, day: 1).days)
        }
    }

    /// 29 December 1969.
    private static let firstMonday: Int64 = -3
    private static let day: Int64 = 86_400

    private func day(of place: Int64) -> Int64 {
        (key.isInstant ? clock.local(place) : place).flooredQuotient(Self.day)
    }

    private func start(of day: Int64) -> Int64 {
        key.isInstant ? clock.firstInstant(showing: day * Self.day) : day * Self.day
    }
}
