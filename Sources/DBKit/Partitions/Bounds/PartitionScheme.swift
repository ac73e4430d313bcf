public import Foundation
public import Operations

/// How a table is cut into ranges: what its key is, how much goes into one partition, whose midnight counts, and what
/// partitions are called. Pure: the same whatever the session's and the process's time zone are.
///
/// Days, weeks, months and what is longer begin at midnight of the zone. Hours are counted in UTC (of a `timestamp`, on
/// its own clock) and named by it: in a zone with daylight saving time one hour of the year comes twice, and two partitions
/// would want its name.
public struct PartitionScheme: Sendable, Hashable {
    public let key: PartitionKeyType
    public let step: PartitionStep
    public let zone: TimeZone
    public let name: PartitionName
    private let lines: PartitionGridLines

    /// - Throws: ``SpellingProblem`` where the three do not go together.
    public init(
        key: PartitionKeyType, step: PartitionStep, zone: TimeZone, name: PartitionName? = nil
    ) throws(SpellingProblem) {
        let isNumber = if case .rows = step { true } else { false }
        guard isNumber == key.isNumber else {
            throw SpellingProblem(
                isNumber
                    ? "rows cut a key of integers, and this one is \(key.article): say every: 1 month"
                    : "a key of type \(key.rawValue) is cut by rows, not by time: say rows: 10000000")
        }
        guard step.isCountable else { throw SpellingProblem("a step of \(step) is longer than a thousand years") }
        if case .hours = step.grid, key == .date {
            throw SpellingProblem("a date has no hours: the shortest step of its partitions is 1 day")
        }
        if case .rows(let count) = step.grid, count > key.numbers.upperBound {
            throw SpellingProblem("\(count) rows are more than a key of type \(key.rawValue) can tell apart")
        }
        let name = if let name { name } else { try PartitionName.standard(for: step) }
        try name.check(step)
        (self.key, self.step, self.zone, self.name) = (key, step, zone, name)
        lines = PartitionGridLines(grid: step.grid, key: key, clock: ZonedClock(zone: zone))
    }

    /// The value that a row written at this moment has, the nearest one where the type does not reach so far; nil for a key
    /// of numbers, where only the table knows.
    public func value(at date: Date) -> PartitionValue? {
        guard !key.isNumber else { return nil }
        let (first, last) = (key.moments.lowerBound, key.moments.upperBound)
        // A date may be further away than microseconds can be counted.
        let instant = min(max(date.timeIntervalSince1970, Double(first / 1_000_000)), Double(last / 1_000_000))
        let whole = Int64(instant.rounded(.down))
        let seconds = key.isInstant ? whole : lines.clock.local(whole)
        let microseconds = seconds * 1_000_000 + Int64((instant - Double(whole)) * 1_000_000)
        return value(ofMicroseconds: min(max(microseconds, first), last))
    }

    /// Nil where the type ends.
    public func range(containing value: PartitionValue) -> PartitionRange? {
        guard let place = place(of: value), let (lower, upper) = lines.around(place) else { return nil }
        return range(lower, upper)
    }

    public func range(after range: PartitionRange) -> PartitionRange? {
        guard case .value(let next) = range.upper else { return nil }
        return self.range(containing: next)
    }

    public func range(before range: PartitionRange) -> PartitionRange? {
        guard case .value(let first) = range.lower, let place = place(of: first),
            place > .min, let (lower, upper) = lines.around(place - 1)
        else { return nil }
        return self.range(lower, upper)
    }

    /// All ranges that have something of `first…last` in them, at most `limit`.
    public func ranges(from first: PartitionValue, through last: PartitionValue, limit: Int = .max) -> [PartitionRange]
    {
        var found: [PartitionRange] = []
        var next = range(containing: first)
        while let range = next, range.lower <= .value(last), found.count < limit {
            found.append(range)
            next = self.range(after: range)
        }
        return found
    }

    /// Whether the range is exactly one of this scheme's.
    public func fits(_ range: PartitionRange) -> Bool {
        guard case .value(let first) = range.lower else { return false }
        return self.range(containing: first) == range
    }

    /// What the partition of a range is called.
    public func name(of range: PartitionRange, table: String) throws(SpellingProblem) -> String {
        guard case .value(let first) = range.lower, let place = place(of: first) else {
            throw SpellingProblem("a range without a beginning has no name")
        }
        let isNumber = key.isNumber
        // Hours by the clock that they are counted on.
        let isHours = if case .hours = step.grid { true } else { false }
        let shown = isNumber || isHours || !key.isInstant ? place : lines.clock.local(place)
        return try name.rendered(table: table, isNumber ? .number(place) : .moment(shown), hasHours: isHours)
    }

    /// The value that lies a step of the calendar before another one, by the clock of the zone: months are as long as they
    /// are, and 31 March less one month is 28 February. Nil where the type, or what can be counted, ends.
    public func value(stepping step: CalendarStep, back value: PartitionValue) -> PartitionValue? {
        guard !key.isNumber, PartitionStep.calendar(step).isCountable, let place = place(of: value) else { return nil }
        if step.unit == .hour { return self.value(ofMicroseconds: (place - Int64(step.count) * 3600) * 1_000_000) }
        let local = key.isInstant ? lines.clock.local(place) : place
        let (days, rest) = (local.flooredQuotient(86_400), local.flooredRemainder(86_400))
        let earlier = CivilDay(days: days).stepping(step, back: true).days * 86_400 + rest
        let seconds = key.isInstant ? lines.clock.firstInstant(showing: earlier) : earlier
        return self.value(ofMicroseconds: seconds * 1_000_000)
    }

    // The axis: seconds, or numbers.

    private func place(of value: PartitionValue) -> Int64? {
        switch value {
        case .number(let number): return key.isNumber ? number : nil
        case .moment(let microseconds):
            guard !key.isNumber, key.moments.contains(microseconds) else { return nil }
            return microseconds.flooredQuotient(1_000_000)
        case .uuid(let bits): return key == .uuid ? Int64(truncatingIfNeeded: bits >> 80) / 1000 : nil
        case .text(let characters):
            guard key == .text, let milliseconds = ULIDText.milliseconds(characters) else { return nil }
            return milliseconds / 1000
        }
    }

    private func range(_ lower: Int64, _ upper: Int64) -> PartitionRange? {
        guard let lower = bound(at: lower), let upper = bound(at: upper), lower < upper else { return nil }
        return PartitionRange(lower: lower, upper: upper)
    }

    private func bound(at place: Int64) -> PartitionBound? {
        if key.isNumber { return key.numbers.contains(place) ? .value(.number(place)) : nil }
        let (microseconds, overflow) = place.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow, key.moments.contains(microseconds) else { return nil }
        return value(ofMicroseconds: microseconds).map(PartitionBound.value)
    }

    private func value(ofMicroseconds microseconds: Int64) -> PartitionValue? {
        guard key.moments.contains(microseconds) else { return nil }
        switch key {
        case .uuid: return .uuid(UInt128(microseconds / 1000) << 80)
        case .text: return .text(ULIDText.prefix(milliseconds: microseconds / 1000))
        // A day, whatever the hour.
        case .date: return .moment(microseconds - microseconds.flooredRemainder(86_400_000_000))
        default: return .moment(microseconds)
        }
    }
}

extension PartitionKeyType {
    fileprivate var article: String { self == .integer ? "an integer" : "a \(rawValue)" }
}
