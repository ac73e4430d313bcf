import Storage

/// Days and times: whether the column takes the text, written as the server reads it whatever its settings are.
struct MomentCheck: Sendable {
    let rules: MomentRules
    let surplus: SurplusDecimals

    /// Years that a record of today can be about.
    private static let likelyYears = 1900...2200

    /// date
    @inline(__always)
    func date(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ role: FedColumn.Role, _ text: inout OutputSpan<UInt8>,
        _ day: inout CivilDate?
    ) -> ValueProblem? {
        guard let plain = Self.plainDay(bytes, range) else { return oddDate(bytes, range, role, &text, &day) }
        if role == .date, let problem = position(plain) { return problem }
        day = plain
        text.append(copying: bytes, range)
        return nil
    }

    /// `2026-01-31`, as nearly all feeds write it.
    @inline(__always)
    private static func plainDay(_ bytes: Span<UInt8>, _ range: Range<Int>) -> CivilDate? {
        guard range.count == 10 else { return nil }
        let word = bytes.word(at: range.lowerBound)
        let dashes: UInt64 = 0x2D00_002D_0000_0000
        guard word & 0xFF00_00FF_0000_0000 == dashes else { return nil }
        // With zeros in the places of the dashes, all are digits.
        guard TextWord.nonDigits(word ^ dashes ^ 0x3000_0030_0000_0000) == 0 else { return nil }
        func digit(_ place: UInt64) -> Int { Int(truncatingIfNeeded: (word &>> (place &* 8)) & 0x0F) }
        let (tens, ones) = (bytes[range.lowerBound &+ 8] &- 0x30, bytes[range.lowerBound &+ 9] &- 0x30)
        guard tens < 10, ones < 10 else { return nil }
        let year = ((digit(0) &* 10 &+ digit(1)) &* 10 &+ digit(2)) &* 10 &+ digit(3)
        let month = digit(5) &* 10 &+ digit(6)
        let day = Int(tens &* 10 &+ ones)
        return CivilDate(year: year, month: month, day: day)
    }

    private func oddDate(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ role: FedColumn.Role, _ text: inout OutputSpan<UInt8>,
        _ day: inout CivilDate?
    ) -> ValueProblem? {
        switch MomentReader.read(range.map { bytes[$0] }) {
        case .failure(let refusal): return refusal.problem
        case .success(let moment):
            if let time = moment.time {
                guard time.isMidnight else { return .timeOfDay }
                if let offset = moment.offset, rules.day(of: moment.wallSeconds - offset) != moment.day {
                    return .shiftedDate
                }
            }
            if role == .date, let problem = position(moment.day) { return problem }
            day = moment.day
            text.append(moment.day)
            return nil
        }
    }

    /// timestamp, with time zone or without.
    func timestamp(
        _ bytes: Span<UInt8>, _ range: Range<Int>, withZone: Bool, _ role: FedColumn.Role,
        _ text: inout OutputSpan<UInt8>,
        _ day: inout CivilDate?
    ) -> ValueProblem? {
        switch MomentReader.read(range.map { bytes[$0] }) {
        case .failure(let refusal): return refusal.problem
        case .success(let moment):
            let time = moment.time ?? ClockTime(seconds: 0)
            if surplus == .reject, time.fraction.dropFirst(6).contains(where: { $0 != UInt8(ascii: "0") }) {
                return .surplusDecimals
            }
            var local = moment.day
            if let offset = moment.offset {
                let instant = moment.wallSeconds - offset
                // A column without zone would drop the offset and keep a time that is not the feed's.
                if !withZone, rules.offset(at: instant) != offset { return .otherZone }
                local = rules.day(of: instant)
            }
            if role == .date, let problem = position(local) { return problem }
            day = local
            // The hour that is left out in spring; the server would take another one.
            if withZone, moment.offset == nil, !rules.hasWallTime(moment.wallSeconds) { return .noSuchTime }
            write(moment, time, withZone: withZone, &text)
            return nil
        }
    }

    /// Words that the server takes for a moment, anywhere in a time of day, an array or a range: the same file would mean
    /// something else tomorrow.
    static func hasWord(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let letters = String(decoding: range.map { bytes[$0] }, as: UTF8.self).lowercased()
        return letters.split { !$0.isLetter }.contains { Self.words.contains(String($0)) }
    }

    private static let words: Set = ["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "allballs"]

    private func write(_ moment: MomentText, _ time: ClockTime, withZone: Bool, _ text: inout OutputSpan<UInt8>) {
        text.append(moment.day)
        for (part, separator) in [(time.seconds / 3600, " "), (time.seconds / 60 % 60, ":"), (time.seconds % 60, ":")] {
            text.append(separator)
            text.append(number: part, digits: 2)
        }
        if !time.fraction.isEmpty {
            text.append(UInt8(ascii: "."))
            text.append(time.fraction)
        }
        guard withZone else { return }
        guard let offset = moment.offset else {
            text.append(" ")
            return text.append(rules.zoneName)
        }
        text.append(offset < 0 ? "-" : "+")
        text.append(number: abs(offset) / 3600, digits: 2)
        text.append(":")
        text.append(number: abs(offset) / 60 % 60, digits: 2)
    }

    /// Where the record's day stands.
    @inline(__always)
    private func position(_ day: CivilDate) -> ValueProblem? {
        guard day > rules.today || day.number < 19_000_101 else { return nil }
        return Self.likelyYears.contains(day.year) ? .future : .farYear
    }
}
