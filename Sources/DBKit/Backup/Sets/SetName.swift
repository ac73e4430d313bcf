public import Foundation

/// The name of a backup set: when it was begun, in UTC, and an ULID (`20260131T020000Z-01J…`): that of the run that made
/// it, or one of its own where a run makes several.
///
/// Names sort by time, and no two sets are given the same one. In older repositories sets of several databases that one
/// run made may share theirs.
public struct SetName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String
    /// When the set was begun, to the second.
    public let time: Date

    public var description: String { text }

    public init(time: Date, run: String) {
        text = Self.timestamp(time) + "-" + run
        self.time = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
    }

    /// Nil when the text is no such name.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 26,
            parts[1].utf8.allSatisfy({ Self.crockford.contains($0) }),
            let time = Self.date(String(parts[0]))
        else { return nil }
        self.text = text
        self.time = time
    }

    public static func < (left: SetName, right: SetName) -> Bool { left.text < right.text }

    private static let crockford = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private static func timestamp(_ date: Date) -> String {
        let time = CivilTime(seconds: Int(date.timeIntervalSince1970.rounded(.down)))
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(time.year, 4) + padded(time.month, 2) + padded(time.day, 2) + "T" + padded(time.hour, 2)
            + padded(time.minute, 2) + padded(time.second, 2) + "Z"
    }

    private static func date(_ text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 16, digits[8] == UInt8(ascii: "T"), digits[15] == UInt8(ascii: "Z") else { return nil }
        var numbers: [Int] = []
        for range in [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15] {
            var number = 0
            for digit in digits[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                number = number * 10 + Int(digit - UInt8(ascii: "0"))
            }
            numbers.append(number)
        }
        let time = CivilTime(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])
        // The round trip refuses the 31st of February and the 25th hour.
        guard (1...12).contains(time.month), CivilTime(seconds: time.seconds) == time else { return nil }
        return Date(timeIntervalSince1970: Double(time.seconds))
    }
}
