/// Where the parts of a decimal number stand in a text: sign, digits, fraction, exponent. Nothing is computed yet.
struct NumberText: Sendable {
    private(set) var isNegative = false
    private(set) var hasPlus = false
    /// After the sign.
    private(set) var start: Int
    private(set) var integerEnd = 0
    /// After the point; where there is none, the end of the integer part.
    private(set) var fractionStart = 0
    private(set) var fractionEnd = 0
    private(set) var hasExponent = false
    /// As far as it can matter: a larger one is cut to 1 000 000.
    private(set) var exponent = 0
    /// All digits are zeros.
    private(set) var isZero: Bool

    /// Nil where the text is no such number.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var position = range.lowerBound
        let end = range.upperBound
        guard position < end else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "-"):
            isNegative = true
            position &+= 1
        case UInt8(ascii: "+"):
            hasPlus = true
            position &+= 1
        default: break
        }
        start = position
        var allDigits: UInt8 = 0
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            allDigits |= digit
            position &+= 1
        }
        integerEnd = position
        fractionStart = position
        fractionEnd = position
        if position < end, bytes[position] == UInt8(ascii: ".") {
            position &+= 1
            fractionStart = position
            while position < end {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                allDigits |= digit
                position &+= 1
            }
            fractionEnd = position
        }
        isZero = allDigits == 0
        guard integerEnd > start || fractionEnd > fractionStart else { return nil }
        guard position < end else { return }
        guard readExponent(bytes, position..<end) else { return nil }
    }

    private mutating func readExponent(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        guard bytes[position] | 0x20 == UInt8(ascii: "e") else { return false }
        hasExponent = true
        position += 1
        var isBelow = false
        if position < range.upperBound, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isBelow = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        guard position < range.upperBound else { return false }
        while position < range.upperBound {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return false }
            exponent = min(1_000_000, exponent * 10 + Int(digit))
            position += 1
        }
        if isBelow { exponent = -exponent }
        return true
    }
}
