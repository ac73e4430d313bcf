public import Foundation

/// The name of a backup set: when it was begun, in UTC, and the run that made it (`20260131T020000Z-01J…`).
///
/// Names sort by time, and two runs never make the same one.
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

    private static var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }

    private static func timestamp(_ date: Date) -> String {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func padded(_ number: Int?, _ width: Int) -> String {
            let digits = String(number ?? 0)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(parts.year, 4) + padded(parts.month, 2) + padded(parts.day, 2) + "T" + padded(parts.hour, 2)
            + padded(parts.minute, 2) + padded(parts.second, 2) + "Z"
    }

    private static func date(_ text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 16, digits[8] == UInt8(ascii: "T"), digits[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: digits[range], as: UTF8.self)) }
        let parts = DateComponents(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(9..<11),
            minute: number(11..<13), second: number(13..<15))
        // The round trip refuses the 31st of February.
        guard let date = calendar.date(from: parts), timestamp(date) == text else { return nil }
        return date
    }
}
