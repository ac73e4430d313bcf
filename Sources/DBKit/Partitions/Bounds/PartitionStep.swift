public import Operations

/// How much goes into one partition.
public enum PartitionStep: Sendable, Hashable, CustomStringConvertible {
    case calendar(CalendarStep)
    /// So many values of an integer key.
    case rows(Int64)

    public var description: String {
        switch self {
        case .calendar(let step): step.description
        case .rows(let count): "\(count) rows"
        }
    }

    /// A thousand years are as good as none, and what is longer could not be counted.
    public var isCountable: Bool {
        switch self {
        case .rows(let count): count > 0
        case .calendar(let step):
            switch step.unit {
            case .hour: step.count <= 8_766_000
            case .day: step.count <= 365_250
            case .week: step.count <= 52_000
            case .month: step.count <= 12_000
            case .quarter: step.count <= 4_000
            case .year: step.count <= 1_000
            }
        }
    }

    /// The lines along which ranges are cut. Counted from fixed points, never from now, so that every run cuts alike.
    enum Grid: Sendable, Hashable {
        /// Whole months since the year 0: three, six and twelve begin with the year, twenty-four with an even one.
        case months(Int64)
        /// Days since 1 January 1970.
        case days(Int64)
        /// Weeks since Monday, 29 December 1969.
        case weeks(Int64)
        /// Hours since 1 January 1970.
        case hours(Int64)
        case rows(Int64)
    }

    var grid: Grid {
        switch self {
        case .rows(let count): .rows(count)
        case .calendar(let step):
            switch step.unit {
            case .hour: .hours(Int64(step.count))
            case .day: .days(Int64(step.count))
            case .week: .weeks(Int64(step.count))
            case .month: .months(Int64(step.count))
            case .quarter: .months(Int64(step.count) * 3)
            case .year: .months(Int64(step.count) * 12)
            }
        }
    }
}
