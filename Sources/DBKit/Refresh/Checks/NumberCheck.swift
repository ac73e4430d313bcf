/// Numbers: whether the column takes the text, and how it is written for the server.
enum NumberCheck {
    /// smallint, integer, bigint: written without plus, zeros in front and `.0`, so that the same number is the same text.
    @inline(__always)
    static func whole(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ limits: ClosedRange<Int64>, _ text: inout OutputSpan<UInt8>,
        _ value: inout Int64
    ) -> ValueProblem? {
        guard range.count <= 18, bytes[range.lowerBound] != UInt8(ascii: "0") else {
            return oddWhole(bytes, range, limits, &text, &value)
        }
        // Nothing is asked of a single digit: a branch for each would cost more than all the rest.
        var number: Int64 = 0
        var highest: UInt8 = 0
        for position in range {
            let byte = bytes[position]
            let digit = byte &- UInt8(ascii: "0")
            highest = max(highest, digit)
            number = number &* 10 &+ Int64(digit)
            text.append(byte)
        }
        guard highest < 10 else {
            text.removeLast(range.count)
            return oddWhole(bytes, range, limits, &text, &value)
        }
        value = number
        return limits.contains(value) ? nil : .outOfRange
    }

    private static func oddWhole(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ limits: ClosedRange<Int64>, _ text: inout OutputSpan<UInt8>,
        _ value: inout Int64
    ) -> ValueProblem? {
        guard let number = NumberText(bytes, range) else { return whyNot(bytes, range) }
        guard !number.hasExponent else { return .notWhole }
        for position in number.fractionStart..<number.fractionEnd where bytes[position] != UInt8(ascii: "0") {
            return .notWhole
        }
        value = 0
        for position in number.start..<number.integerEnd {
            let digit = Int64(bytes[position] - UInt8(ascii: "0"))
            let (tenfold, overflows) = value.multipliedReportingOverflow(by: 10)
            // Downwards, since there is one more number below zero than above.
            let (next, overflowsToo) = tenfold.subtractingReportingOverflow(digit)
            guard !overflows, !overflowsToo else { return .outOfRange }
            value = next
        }
        if !number.isNegative {
            guard value > Int64.min else { return .outOfRange }
            value = -value
        }
        guard limits.contains(value) else { return .outOfRange }
        text.append(number: value)
        return nil
    }

    /// real, double precision.
    @inline(__always)
    static func float(
        _ bytes: Span<UInt8>, _ range: Range<Int>, isDouble: Bool, _ role: FedColumn.Role,
        _ text: inout OutputSpan<UInt8>
    ) -> ValueProblem? {
        guard !plainDecimal(bytes, range, &text) else { return nil }
        guard let number = NumberText(bytes, range) else { return whyNot(bytes, range) }
        if let problem = sign(number, role) { return problem }
        if number.hasExponent || range.count > 30, !number.isZero,
            let problem = floatRange(bytes, range, isDouble: isDouble)
        {
            return problem
        }
        text.append(bytes, number.hasPlus ? number.start..<range.upperBound : range)
        return nil
    }

    /// Appends a number above zero of the kind `12.345` that is as good for every column of a floating type.
    ///
    /// - Returns: False where the text is something else; then nothing was appended.
    @inline(__always)
    private static func plainDecimal(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ text: inout OutputSpan<UInt8>
    ) -> Bool {
        guard range.count <= 30 else { return false }
        var points = 0
        var others = 0
        var allDigits: UInt8 = 0
        for position in range {
            let byte = bytes[position]
            let digit = byte &- UInt8(ascii: "0")
            let isDigit = digit < 10
            let isPoint = byte == UInt8(ascii: ".")
            points &+= isPoint ? 1 : 0
            others &+= isDigit || isPoint ? 0 : 1
            allDigits |= isDigit ? digit : 0
            text.append(byte)
        }
        if others == 0 && points <= 1 && allDigits != 0 { return true }
        text.removeLast(range.count)
        return false
    }

    private static func floatRange(_ bytes: Span<UInt8>, _ range: Range<Int>, isDouble: Bool) -> ValueProblem? {
        let written = string(bytes, range)
        let (isFinite, isZero) =
            isDouble
            ? Double(written).map { ($0.isFinite, $0 == 0) } ?? (false, false)
            : Float(written).map { ($0.isFinite, $0 == 0) } ?? (false, false)
        return !isFinite ? .tooLarge : isZero ? .tooSmall : nil
    }

    /// numeric, with or without precision and scale.
    static func numeric(
        _ bytes: Span<UInt8>, _ range: Range<Int>, precision: Int?, scale: Int?, _ surplus: SurplusDecimals,
        _ role: FedColumn.Role, _ text: inout OutputSpan<UInt8>
    ) -> ValueProblem? {
        guard let number = NumberText(bytes, range) else { return whyNot(bytes, range) }
        if let problem = sign(number, role) { return problem }
        let isPlain = !number.hasExponent && number.fractionEnd - number.fractionStart <= scale ?? 0
        if let precision, isPlain, number.integerEnd - number.start <= precision - (scale ?? 0) {
            // It fits, and nothing is rounded.
        } else if let problem = numericRange(bytes, number, precision: precision, scale: scale, surplus, role) {
            return problem
        }
        text.append(bytes, number.hasPlus ? number.start..<range.upperBound : range)
        return nil
    }

    private static func numericRange(
        _ bytes: Span<UInt8>, _ number: NumberText, precision: Int?, scale: Int?, _ surplus: SurplusDecimals,
        _ role: FedColumn.Role
    ) -> ValueProblem? {
        let shape = DecimalShape(number, bytes)
        guard let precision else {
            // What numeric can hold at all.
            return shape.integerDigits > 131_072 ? .tooLarge : shape.writtenDecimals > 16_383 ? .tooSmall : nil
        }
        let scale = scale ?? 0
        if surplus == .reject, shape.hasMoreDecimals(than: scale) { return .surplusDecimals }
        guard let digits = shape.integerDigits(roundedTo: scale) else {
            // Rounded, nothing is left.
            return role == .price ? .notPositive : nil
        }
        return digits > precision - scale ? .tooLarge : nil
    }

    @inline(__always)
    static func sign(_ number: NumberText, _ role: FedColumn.Role) -> ValueProblem? {
        switch role {
        case .price: number.isNegative || number.isZero ? .notPositive : nil
        case .volume: number.isNegative && !number.isZero ? .negative : nil
        case .date, .plain: nil
        }
    }

    /// What kept a text from being a number, for the sentence that says so.
    static func whyNot(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ValueProblem {
        let text = string(bytes, range).lowercased()
        let body = text.drop { $0 == "-" || $0 == "+" }
        if ["nan", "inf", "infinity"].contains(body) || text.hasPrefix("nan") { return .notFinite }
        if body.contains("%") { return .percent }
        let currencies = body.unicodeScalars.contains { $0.properties.generalCategory == .currencySymbol }
        if currencies { return .currency }
        if body.hasPrefix("0x") || body.hasPrefix("0b") || body.hasPrefix("0o") { return .hexadecimal }
        let digits = body.filter(\.isNumber)
        let letters = body.filter(\.isLetter)
        let isNumberAndCode =
            letters.count == 3 && !digits.isEmpty && (body.hasPrefix(letters) || body.hasSuffix(letters))
        if isNumberAndCode { return .currency }
        guard letters.isEmpty, !digits.isEmpty else { return .notNumber }
        if body.contains("_") { return .underscore }
        let separators = body.filter { !$0.isNumber }
        let spaces: Set<Character> = [" ", "\u{A0}", "\u{202F}", "\u{2009}", "'", "\u{2019}"]
        if separators.allSatisfy({ spaces.contains($0) || $0 == "." || $0 == "," }) {
            if separators.contains(where: { spaces.contains($0) }) { return .thousands }
            if separators == "," { return .decimalComma }
            // 1.234.567, and not 1.2.3.
            let groups = body.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
            let isGrouped = groups.dropFirst().dropLast().allSatisfy { $0.count == 3 }
            if separators.count > 1, isGrouped { return .thousands }
        }
        return .notNumber
    }

    private static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: range.map { bytes[$0] }, as: UTF8.self)
    }
}
