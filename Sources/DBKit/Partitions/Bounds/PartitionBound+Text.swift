import Operations

/// How bounds are written in a statement: in the key's own type and independent of any setting of the session.
extension PartitionScheme {
    /// The constant of a value, to be quoted. Without a cast: an unknown literal becomes the key's own type, which is what
    /// makes a CHECK recognised as a partition's bounds.
    public func text(of value: PartitionValue) -> String { value.text(for: key) }
}

extension PartitionValue {
    func text(for key: PartitionKeyType) -> String {
        switch self {
        case .number(let number): return String(number)
        case .text(let characters): return characters
        case .uuid(let bits):
            let digits = String(bits, radix: 16)
            let all = Array((String(repeating: "0", count: 32 - digits.count) + digits).utf8)
            return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
                .map { String(decoding: all[$0], as: UTF8.self) }.joined(separator: "-")
        case .moment(.min): return "-infinity"
        case .moment(.max): return "infinity"
        case .moment(let microseconds): return Self.text(ofMicroseconds: microseconds, for: key)
        }
    }

    /// As reports have it: a moment by RFC 3339, in UTC. What a clock or a calendar shows is no moment, and is said as the
    /// key has it, as is every other value.
    func stamp(for key: PartitionKeyType) -> String {
        let text = text(for: key)
        guard key == .timestamptz, case .moment(let microseconds) = self, (Int64.min + 1)..<Int64.max ~= microseconds,
            text.hasSuffix("+00")
        else { return text }
        return text.dropLast(3).replacing(" ", with: "T") + "Z"
    }

    private static func text(ofMicroseconds microseconds: Int64, for key: PartitionKeyType) -> String {
        let seconds = microseconds.flooredQuotient(1_000_000)
        let day = CivilDay(days: seconds.flooredQuotient(86_400))
        let year = day.year > 0 ? day.year : 1 - day.year
        let era = day.year > 0 ? "" : " BC"
        let date = "\(year.padded(4))-\(day.month.padded(2))-\(day.day.padded(2))"
        guard key != .date else { return date + era }
        let rest = seconds.flooredRemainder(86_400)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { $0.padded(2) }.joined(separator: ":")
        let micro = microseconds.flooredRemainder(1_000_000)
        return "\(date) \(clock)\(micro == 0 ? "" : ".\(micro.padded(6))")\(key == .timestamptz ? "+00" : "")\(era)"
    }

    /// What the server writes of a constant of this type under the settings of dbctl's sessions (`DateStyle = ISO`,
    /// `TimeZone = UTC`). Nil for what is none.
    init?(_ text: String, key: PartitionKeyType) {
        switch key {
        case .smallint, .integer, .bigint:
            guard let number = Int64(text) else { return nil }
            self = .number(number)
        case .text:
            // What is no ULID may sort anywhere.
            guard ULIDText.milliseconds(text) != nil else { return nil }
            self = .text(text)
        case .uuid:
            let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
            guard digits.count == 32, let bits = UInt128(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            self = .uuid(bits)
        case .date, .timestamp, .timestamptz:
            guard let microseconds = MomentText(text)?.microseconds else { return nil }
            self = .moment(microseconds)
        }
    }
}
