import Operations

/// `2026-01-31`, `2026-01-31 00:00:00.5+00`, ` BC` behind either, `infinity`. By hand: ten thousand partitions have twenty
/// thousand of them.
struct MomentText {
    /// Since 1970; the ends are the two infinities.
    let microseconds: Int64

    init?(_ text: String) {
        if text == "infinity" || text == "-infinity" {
            microseconds = text == "infinity" ? .max : .min
            return
        }
        var reader = DigitReader(Array(text.utf8)[...])
        guard let year = reader.number(4...7), reader.take("-"), let month = reader.number(2...2), reader.take("-"),
            let day = reader.number(2...2)
        else { return nil }
        var micro: Int64 = 0
        if reader.take(" ", before: { $0 != UInt8(ascii: "B") }) {
            guard let hour = reader.number(2...2), reader.take(":"), let minute = reader.number(2...2),
                reader.take(":"), let second = reader.number(2...2)
            else { return nil }
            micro = (hour * 3600 + minute * 60 + second) * 1_000_000
            if reader.take(".") {
                guard let fraction = reader.fraction() else { return nil }
                micro += fraction
            }
            if reader.take("+") { guard reader.take("0"), reader.take("0") else { return nil } }
        }
        let isBC = reader.take(" ")
        if isBC { guard reader.take("B"), reader.take("C") else { return nil } }
        guard reader.isAtEnd else { return nil }
        let days = CivilDay(year: isBC ? 1 - year : year, month: month, day: day).days
        let (whole, isTooLarge) = days.multipliedReportingOverflow(by: 86_400_000_000)
        let (sum, isBeyond) = whole.addingReportingOverflow(micro)
        guard !isTooLarge, !isBeyond else { return nil }
        microseconds = sum
    }
}

private struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ scalar: Unicode.Scalar, before isWanted: (UInt8) -> Bool = { _ in true }) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: scalar), isWanted(rest.dropFirst().first ?? 0) else {
            return false
        }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: ClosedRange<Int>) -> Int64? {
        let digits = self.digits()
        guard width.contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// Behind the point, in microseconds.
    mutating func fraction() -> Int64? {
        let digits = self.digits()
        guard (1...6).contains(digits.count) else { return nil }
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        return (digits.count..<6).reduce(number) { number, _ in number * 10 }
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        rest = rest[digits.endIndex...]
        return digits
    }
}
