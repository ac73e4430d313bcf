/// What a partition key is made of, as far as ranges can be made of it.
public enum PartitionKeyType: String, Sendable, Hashable, Codable, CaseIterable {
    case date
    /// The clock of whoever wrote it: ranges are cut by what it shows.
    case timestamp
    case timestamptz
    /// Version 7: 48 bits of milliseconds since 1970 come first.
    case uuid
    case smallint
    case integer
    case bigint
    /// A ULID: ten characters of Crockford's base 32 say the millisecond.
    case text

    /// - Parameter name: As `format_type` writes it.
    public init?(typeName name: String) {
        switch name {
        case "date": self = .date
        case "uuid": self = .uuid
        case "smallint": self = .smallint
        case "integer": self = .integer
        case "bigint": self = .bigint
        case _ where name.hasPrefix("timestamp") && name.hasSuffix("without time zone"): self = .timestamp
        case _ where name.hasPrefix("timestamp") && name.hasSuffix("with time zone"): self = .timestamptz
        case "text": self = .text
        case _ where name == "character varying" || name.hasPrefix("character varying("): self = .text
        default: return nil
        }
    }

    /// Ranges of so many, not of time.
    public var isNumber: Bool { self == .smallint || self == .integer || self == .bigint }

    /// A place on the line of instants, on which hours are cut wherever the clocks go; the others are what a clock shows.
    var isInstant: Bool { self == .timestamptz || self == .uuid || self == .text }

    /// The numbers that the type can hold.
    var numbers: ClosedRange<Int64> {
        switch self {
        case .smallint: Int64(Int16.min)...Int64(Int16.max)
        case .integer: Int64(Int32.min)...Int64(Int32.max)
        default: Int64.min...Int64.max
        }
    }

    /// The moments that the type can hold, in microseconds since 1970, well within what the server takes.
    var moments: ClosedRange<Int64> {
        switch self {
        // 48 bits of milliseconds.
        case .uuid, .text: 0...(Int64(1) << 48 - 1) * 1000
        // Year 1 to year 9999.
        default: -62_135_596_800_000_000...253_402_300_799_999_999
        }
    }
}
