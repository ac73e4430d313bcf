// A row in COPY's text format, as it is written into room that was made before.

extension OutputSpan where Element == UInt8 {
    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        for index in range { append(source[index]) }
    }

    /// A text in which tabs, line ends and backslashes may stand; needs twice its room.
    @inline(__always)
    mutating func appendEscaped(_ source: Span<UInt8>, _ range: Range<Int>) {
        for index in range {
            let byte = source[index]
            if byte < 0x20 || byte == UInt8(ascii: "\\") {
                appendSpecial(byte)
            } else {
                append(byte)
            }
        }
    }

    private mutating func appendSpecial(_ byte: UInt8) {
        let escaped: UInt8? =
            switch byte {
            case UInt8(ascii: "\\"): byte
            case UInt8(ascii: "\t"): UInt8(ascii: "t")
            case UInt8(ascii: "\n"): UInt8(ascii: "n")
            case UInt8(ascii: "\r"): UInt8(ascii: "r")
            default: nil
            }
        if escaped != nil { append(UInt8(ascii: "\\")) }
        append(escaped ?? byte)
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    mutating func append(_ text: [UInt8]) {
        for byte in text { append(byte) }
    }

    /// Needs 20 bytes of room.
    mutating func append(number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        // From the last digit on: to divide by ten is cheap, by a power of ten that only the run knows it is not.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number.magnitude
        var start = 20
        repeat {
            start &-= 1
            digits[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in start..<20 { append(digits[index]) }
    }

    /// With zeros in front, `digits` of them.
    mutating func append(number: Int, digits: Int) {
        var power = 1
        for _ in 1..<digits { power *= 10 }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(number / power % 10))
            power /= 10
        }
    }

    mutating func appendNull() {
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "N"))
    }

    /// Takes back what came after.
    mutating func cut(to count: Int) { removeLast(self.count - count) }
}
