import Storage

// Values in a row of COPY: as text, or in network order.
extension Span where Element == UInt8 {
    func number(at position: Int, bytes: Int) -> Int64 {
        var number = Int64(Int8(bitPattern: self[position]))
        for next in position &+ 1..<position &+ bytes { number = number &<< 8 | Int64(self[next]) }
        return number
    }

    func isNull(_ range: Range<Int>) -> Bool {
        range.count == 2 && self[range.lowerBound] == UInt8(ascii: "\\")
            && self[range.lowerBound + 1] == UInt8(ascii: "N")
    }

    func isSame(_ range: Range<Int>, as other: Span<UInt8>, _ others: Range<Int>) -> Bool {
        guard range.count == others.count else { return false }
        let distance = others.lowerBound &- range.lowerBound
        var position = range.lowerBound
        while position &+ 8 <= range.upperBound {
            guard word(at: position) == other.word(at: position &+ distance) else { return false }
            position &+= 8
        }
        while position < range.upperBound {
            guard self[position] == other[position &+ distance] else { return false }
            position &+= 1
        }
        return true
    }

    /// Whether the text was `other` before ``Swift/OutputSpan/appendEscaped(_:_:)``.
    func isSameUnescaped(_ range: Range<Int>, as other: Span<UInt8>, _ others: Range<Int>) -> Bool {
        var (one, two) = (range.lowerBound, others.lowerBound)
        while one < range.upperBound, two < others.upperBound {
            var byte = self[one]
            if byte == UInt8(ascii: "\\") {
                one &+= 1
                guard one < range.upperBound else { return false }
                byte =
                    switch self[one] {
                    case UInt8(ascii: "t"): UInt8(ascii: "\t")
                    case UInt8(ascii: "n"): UInt8(ascii: "\n")
                    case UInt8(ascii: "r"): UInt8(ascii: "\r")
                    default: self[one]
                    }
            }
            guard byte == other[two] else { return false }
            one &+= 1
            two &+= 1
        }
        return one == range.upperBound && two == others.upperBound
    }

    /// A moment without its zone; nil where that is another one.
    func withoutUTC(_ range: Range<Int>) -> Range<Int>? {
        for zone in UTC.spellings where range.count > zone.count {
            let moment = range.dropLast(zone.count)
            if isSame(moment.endIndex..<range.upperBound, as: zone.span, zone.indices) { return moment }
        }
        return nil
    }

    /// Nil: something else, or more than fits.
    func whole(_ range: Range<Int>) -> Int64? {
        let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
        let digits = range.lowerBound &+ (isNegative ? 1 : 0)..<range.upperBound
        guard !digits.isEmpty, digits.count <= 19 else { return nil }
        var number: UInt64 = 0
        for position in digits {
            let digit = self[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ UInt64(digit)
        }
        // Nineteen digits may be more than there is.
        guard number <= UInt64(Int64.max) else { return nil }
        return isNegative ? 0 &- Int64(number) : Int64(number)
    }

    /// Days since 2000-01-01 of `2026-01-31`, as the server counts them.
    func day(_ range: Range<Int>) -> Int64? {
        let start = range.lowerBound
        guard range.count == 10, let year = whole(start..<start &+ 4), let month = whole(start &+ 5..<start &+ 7),
            let day = whole(start &+ 8..<start &+ 10)
        else { return nil }
        // From March on, so that a leap day comes last.
        let years = month > 2 ? year : year &- 1
        let months = month > 2 ? month &- 3 : month &+ 9
        return years &* 365 &+ years / 4 &- years / 100 &+ years / 400 &+ (months &* 153 &+ 2) / 5 &+ day &- 730_426
    }

    /// As the server reads it: the nearest there is.
    func double(_ range: Range<Int>) -> Double? {
        // Both below 2^53 and so exact, as the quotient of the two then is rounded once.
        guard let (digits, power) = decimal(range, atMost: 15), power <= 22 else { return Double(string(range)) }
        return Double(digits) / Self.powers[power]
    }

    func real(_ range: Range<Int>) -> Float? {
        guard let (digits, power) = decimal(range, atMost: 7), power <= 10 else { return Float(string(range)) }
        return Float(digits) / Float(Self.powers[power])
    }

    /// The digits of a plain number without its point, and how many stand behind that. Not of a negative zero.
    private func decimal(_ range: Range<Int>, atMost limit: Int) -> (Int64, Int)? {
        let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
        var number: Int64 = 0
        var (count, power) = (0, -1)
        for position in range.lowerBound &+ (isNegative ? 1 : 0)..<range.upperBound {
            let digit = self[position] &- UInt8(ascii: "0")
            if digit <= 9 {
                number = number &* 10 &+ Int64(digit)
                count &+= 1
                if power >= 0 { power &+= 1 }
            } else {
                guard self[position] == UInt8(ascii: "."), power < 0 else { return nil }
                power = 0
            }
        }
        guard count > 0, count <= limit, !isNegative || number != 0 else { return nil }
        return (isNegative ? 0 &- number : number, Swift.max(0, power))
    }

    private static var powers: InlineArray<23, Double> {
        [
            1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
            1e20, 1e21, 1e22,
        ]
    }

    private func string(_ range: Range<Int>) -> String {
        String(decoding: range.map { self[$0] }, as: UTF8.self)
    }

    /// Without the zeros behind the point; nil where it is no plain number.
    func significant(_ range: Range<Int>) -> Range<Int>? {
        var point: Int?
        for position in range {
            switch self[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): continue
            case UInt8(ascii: "-") where position == range.lowerBound: continue
            case UInt8(ascii: ".") where point == nil: point = position
            default: return nil
            }
        }
        guard let point else { return range }
        var end = range.upperBound
        while end > point + 1, self[end - 1] == UInt8(ascii: "0") { end -= 1 }
        return range.lowerBound..<(end == point + 1 ? point : end)
    }
}

private enum UTC {
    /// Of feeds, and of the server.
    static let spellings = [" UTC", "+00:00", "+00"].map { Array($0.utf8) }
}
