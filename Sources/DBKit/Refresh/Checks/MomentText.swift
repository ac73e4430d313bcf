/// A day, and perhaps a time and an offset, as a text has them.
struct MomentText: Sendable, Hashable {
    var day: CivilDate
    var time: ClockTime?
    /// In seconds east of UTC.
    var offset: Int?

    /// Seconds since 1970 as if the clock stood in UTC.
    var wallSeconds: Int { day.days * 86_400 + (time?.seconds ?? 0) }
}

/// A time of day.
struct ClockTime: Sendable, Hashable {
    var seconds: Int
    /// Digits behind the point.
    var fraction: [UInt8] = []

    var isMidnight: Bool { seconds == 0 && fraction.allSatisfy { $0 == UInt8(ascii: "0") } }
}

/// Reads days and times in the styles in which year, month and day cannot be taken for one another.
struct MomentReader {
    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Returns: What the text says, or why it says nothing.
    static func read(_ text: [UInt8]) -> Result<MomentText, MomentRefusal> {
        var reader = MomentReader(text)
        do throws(MomentRefusal) {
            return .success(try reader.moment())
        } catch {
            return .failure(error)
        }
    }

    private mutating func moment() throws(MomentRefusal) -> MomentText {
        let word = String(decoding: bytes, as: UTF8.self).lowercased()
        if Self.words.contains(word) || Self.words.contains(String(word.drop { $0 == "-" || $0 == "+" })) {
            throw MomentRefusal(.dateWord)
        }
        var moment = MomentText(day: try day())
        guard position < bytes.count else { return moment }
        guard bytes[position] | 0x20 == UInt8(ascii: "t") || bytes[position] == UInt8(ascii: " ") else {
            throw MomentRefusal(.notDate)
        }
        position += 1
        moment.time = try time()
        moment.offset = try offset()
        return moment
    }

    /// What the server takes for a date and no feed means.
    private static let words: Set<String> = [
        "today", "now", "tomorrow", "yesterday", "infinity", "epoch", "allballs", "inf", "nan",
    ]

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    // MARK: Days

    private mutating func day() throws(MomentRefusal) -> CivilDate {
        let first = digits()
        if first.isEmpty { return try monthFirst() }
        switch first.count {
        case 8: return try day(first[..<4], first[4..<6], first[6...])
        case 4:
            guard let separator = take(anyOf: "-/.") else { throw MomentRefusal(.notDate) }
            if isLetter { return try day(first[...], month: word(), after: separator) }
            let month = digits()
            guard month.count == 1 || month.count == 2, take(anyOf: [separator]) != nil else {
                throw MomentRefusal(.notDate)
            }
            let day = digits()
            guard day.count == 1 || day.count == 2 else { throw MomentRefusal(.notDate) }
            return try self.day(first[...], month[...], day[...])
        case 1, 2: return try dayFirst(first)
        default: throw MomentRefusal(.notDate)
        }
    }

    /// `2 Jan 2026`, `02-Jan-2026`; `2/1/2026` may be January or February.
    private mutating func dayFirst(_ day: [UInt8]) throws(MomentRefusal) -> CivilDate {
        guard let separator = take(anyOf: "-/. ") else { throw MomentRefusal(.notDate) }
        guard isLetter else {
            let second = digits()
            let isDate = (1...2).contains(second.count) && take(anyOf: [separator]) != nil && !digits().isEmpty
            throw MomentRefusal(isDate ? .ambiguousDate : .notDate)
        }
        let month = try self.month(word())
        guard take(anyOf: [separator, UInt8(ascii: ",")]) != nil else { throw MomentRefusal(.notDate) }
        skipSpaces()
        return try self.day(year(), month: month, day: Self.number(day[...]))
    }

    /// `Jan 2, 2026`
    private mutating func monthFirst() throws(MomentRefusal) -> CivilDate {
        guard isLetter else { throw MomentRefusal(.notDate) }
        let month = try self.month(word())
        guard take(anyOf: " -.") != nil else { throw MomentRefusal(.notDate) }
        skipSpaces()
        let day = digits()
        guard day.count == 1 || day.count == 2, take(anyOf: ", -") != nil else { throw MomentRefusal(.notDate) }
        skipSpaces()
        return try self.day(year(), month: month, day: Self.number(day[...]))
    }

    /// `2026-Jan-02`
    private mutating func day(
        _ year: ArraySlice<UInt8>, month name: String, after separator: UInt8
    ) throws(MomentRefusal) -> CivilDate {
        let month = try self.month(name)
        guard take(anyOf: [separator]) != nil else { throw MomentRefusal(.notDate) }
        let day = digits()
        guard day.count == 1 || day.count == 2 else { throw MomentRefusal(.notDate) }
        return try self.day(Self.number(year), month: month, day: Self.number(day[...]))
    }

    private mutating func year() throws(MomentRefusal) -> Int {
        let digits = digits()
        guard digits.count == 4 else { throw MomentRefusal(digits.count == 2 ? .ambiguousDate : .notDate) }
        return Self.number(digits[...])
    }

    private func month(_ name: String) throws(MomentRefusal) -> Int {
        let found = Self.months.firstIndex { month in
            name == month || (name.count == 3 && month.hasPrefix(name)) || (name == "sept" && month == "september")
        }
        guard let found else { throw MomentRefusal(.notDate) }
        return found + 1
    }

    private func day(
        _ year: ArraySlice<UInt8>, _ month: ArraySlice<UInt8>, _ day: ArraySlice<UInt8>
    ) throws(MomentRefusal) -> CivilDate {
        try self.day(Self.number(year), month: Self.number(month), day: Self.number(day))
    }

    private func day(_ year: Int, month: Int, day: Int) throws(MomentRefusal) -> CivilDate {
        guard let found = CivilDate(year: year, month: month, day: day) else { throw MomentRefusal(.noSuchDay) }
        return found
    }

    // MARK: Times

    private mutating func time() throws(MomentRefusal) -> ClockTime {
        let hour = digits()
        guard hour.count == 2 || hour.count == 1, take(anyOf: ":") != nil else { throw MomentRefusal(.notTime) }
        let minute = digits()
        guard minute.count == 2 else { throw MomentRefusal(.notTime) }
        var second: [UInt8] = [UInt8(ascii: "0")]
        var fraction: [UInt8] = []
        if take(anyOf: ":") != nil {
            second = digits()
            guard second.count == 2 else { throw MomentRefusal(.notTime) }
            if take(anyOf: ".,") != nil {
                fraction = digits()
                guard !fraction.isEmpty else { throw MomentRefusal(.notTime) }
            }
        }
        let parts = [hour, minute, second].map { Self.number($0[...]) }
        guard parts[0] < 24, parts[1] < 60, parts[2] < 60 else { throw MomentRefusal(.noSuchTime) }
        return ClockTime(seconds: (parts[0] * 60 + parts[1]) * 60 + parts[2], fraction: fraction)
    }

    private mutating func offset() throws(MomentRefusal) -> Int? {
        skipSpaces()
        guard position < bytes.count else { return nil }
        if isLetter {
            guard ["z", "utc", "gmt"].contains(word()), position == bytes.count else {
                throw MomentRefusal(.unnamedZone)
            }
            return 0
        }
        guard let sign = take(anyOf: "+-") else { throw MomentRefusal(.notTime) }
        var parts = digits()
        if parts.count == 2, take(anyOf: ":") != nil { parts += digits() }
        guard parts.count == 2 || parts.count == 4, position == bytes.count else { throw MomentRefusal(.notTime) }
        let (hours, minutes) = (Self.number(parts[..<2]), Self.number(parts[2...]))
        guard hours < 16, minutes < 60 else { throw MomentRefusal(.noSuchTime) }
        return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    // MARK: Characters

    private var isLetter: Bool {
        position < bytes.count && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[position] | 0x20)
    }

    private mutating func digits() -> [UInt8] {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return Array(bytes[start..<position])
    }

    private mutating func word() -> String {
        let start = position
        while isLetter { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
    }

    private mutating func take(anyOf characters: String) -> UInt8? { take(anyOf: Array(characters.utf8)) }

    private mutating func take(anyOf characters: [UInt8]) -> UInt8? {
        guard position < bytes.count, characters.contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    }

    /// Of so few digits that it cannot overflow.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

/// Why a text is no moment.
struct MomentRefusal: Error, Sendable, Hashable {
    var problem: ValueProblem

    init(_ problem: ValueProblem) {
        self.problem = problem
    }
}
