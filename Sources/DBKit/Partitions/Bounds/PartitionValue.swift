/// A value of a partition key, as the server orders them. Two are compared only when they are of one key.
public enum PartitionValue: Sendable, Hashable, Comparable {
    case number(Int64)
    /// Microseconds since 1970: of an instant, or of what a clock shows. The ends are the server's `infinity`.
    case moment(Int64)
    case uuid(UInt128)
    /// The characters of a ULID, or the first of them.
    case text(String)

    public static func < (left: PartitionValue, right: PartitionValue) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)), (.moment(let left), .moment(let right)): left < right
        case (.uuid(let left), .uuid(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        default: left.kind < right.kind
        }
    }

    private var kind: Int {
        switch self {
        case .number: 0
        case .moment: 1
        case .uuid: 2
        case .text: 3
        }
    }
}

/// An end of a range.
public enum PartitionBound: Sendable, Hashable, Comparable {
    /// MINVALUE: below every value, minus infinity included.
    case minimum
    case value(PartitionValue)
    case maximum

    public static func < (left: PartitionBound, right: PartitionBound) -> Bool {
        switch (left, right) {
        case (.value(let left), .value(let right)): left < right
        case (.minimum, .value), (.minimum, .maximum), (.value, .maximum): true
        default: false
        }
    }
}

/// What lies in one partition: from the lower bound, which is part of it, to the upper one, which is not.
public struct PartitionRange: Sendable, Hashable {
    public var lower: PartitionBound
    public var upper: PartitionBound

    public init(lower: PartitionBound, upper: PartitionBound) {
        self.lower = lower
        self.upper = upper
    }

    public func contains(_ value: PartitionValue) -> Bool {
        lower <= .value(value) && .value(value) < upper
    }

    public func overlaps(_ other: PartitionRange) -> Bool {
        lower < other.upper && other.lower < upper
    }
}
