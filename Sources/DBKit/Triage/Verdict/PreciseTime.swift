public import Foundation

/// A moment to the microsecond, as the server keeps it: with the pid it is the name of a session, and a second has room
/// for many of them. In JSON and on the command line it is RFC 3339 in UTC, `2026-11-21T02:03:04.000123Z`.
public struct PreciseTime: Sendable, Hashable, Encodable, LosslessStringConvertible {
    public let date: Date

    public init(_ date: Date) {
        self.date = date
    }

    /// Microseconds since 1970.
    public var microseconds: Int64 { Int64((date.timeIntervalSince1970 * 1_000_000).rounded()) }

    public var description: String {
        let whole = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(whole.remainder)
        let fraction = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return Date(timeIntervalSince1970: Double(whole.quotient)).ISO8601Format().dropLast() + ".\(fraction)Z"
    }

    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let hasFraction = parts.count == 2
        let fraction = hasFraction ? parts[1].dropLast() : ""
        guard !hasFraction || parts[1].hasSuffix("Z"), fraction.count <= 6,
            fraction.allSatisfy({ ("0"..."9").contains($0) }),
            let second = try? Date(hasFraction ? "\(parts[0])Z" : description, strategy: .iso8601),
            let micros = hasFraction ? Int(fraction + String(repeating: "0", count: 6 - fraction.count)) : 0
        else { return nil }
        date = Date(timeIntervalSince1970: second.timeIntervalSince1970 + Double(micros) / 1_000_000)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
