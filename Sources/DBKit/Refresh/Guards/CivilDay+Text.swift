import Operations

extension CivilDay {
    /// - Parameter text: `2024-06-10`, with or without a time behind it; nil where it does not begin with a day that
    ///   the calendar has.
    init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(11))
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes.count == 10 || bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let length = Self.length(ofMonth: month, in: year),
            (1...length).contains(day)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// From this day to the other, as a length of time; negative when the other one is earlier.
    func until(_ other: CivilDay) -> Duration {
        .seconds((other.days - days) * 86_400)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}
