/// How large a decimal number is and how many decimals it has, whatever way it is written in, and what becomes of it in
/// a `numeric(precision, scale)`: the server's own rounding, half away from zero.
struct DecimalShape: Sendable, Hashable {
    /// Without zeros in front and at the end.
    private let digits: [UInt8]
    /// The number is 0.digits × 10^point.
    private let point: Int
    /// Decimals as they are written, zeros at the end too.
    let writtenDecimals: Int

    init(_ number: NumberText, _ bytes: Span<UInt8>) {
        var all: [UInt8] = []
        for position in number.start..<number.integerEnd { all.append(bytes[position] - UInt8(ascii: "0")) }
        for position in number.fractionStart..<number.fractionEnd { all.append(bytes[position] - UInt8(ascii: "0")) }
        let integerDigits = number.integerEnd - number.start
        let leading = all.prefix { $0 == 0 }.count
        let trailing = leading == all.count ? 0 : all.reversed().prefix { $0 == 0 }.count
        digits = Array(all[leading..<(all.count - trailing)])
        point = integerDigits - leading + number.exponent
        writtenDecimals = max(0, number.fractionEnd - number.fractionStart - number.exponent)
    }

    /// Digits in front of the point; not positive below one tenth.
    var integerDigits: Int { digits.isEmpty ? 0 : point }

    /// Decimals that are not zeros at the end.
    var decimals: Int { digits.isEmpty ? 0 : max(0, digits.count - point) }

    func hasMoreDecimals(than scale: Int) -> Bool { !digits.isEmpty && digits.count - point > scale }

    /// ``integerDigits`` once it is rounded to so many decimals; nil when nothing but zero is left.
    func integerDigits(roundedTo scale: Int) -> Int? {
        guard !digits.isEmpty else { return nil }
        let kept = point + scale
        guard kept >= 0 else { return nil }
        guard kept < digits.count else { return point }
        guard digits[kept] >= 5 else { return kept == 0 ? nil : point }
        // 9.99 becomes 10.
        return digits[..<kept].allSatisfy { $0 == 9 } ? point + 1 : point
    }
}
