/// Durations as people type them: an integer and `ms`, `s`, `m`, `h`, `d` or `w`.
///
/// Strict on purpose: `30` without a unit has meant seconds, minutes and days in three tools of one crontab.
extension Duration {
    /// - Throws: ``SpellingProblem`` saying what a duration looks like.
    public init(spelled text: String) throws(SpellingProblem) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text.dropFirst(digits.count))
        guard let count = Int64(digits), let milliseconds = Self.millisecondsPerUnit[unit] else {
            throw SpellingProblem("not a duration: an integer and ms, s, m, h, d or w, as in 300ms, 90s, 26h or 7d")
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        guard !overflow else { throw SpellingProblem("this duration is longer than dbctl can count") }
        self = .milliseconds(total)
    }

    private static let millisecondsPerUnit: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]

    /// The shortest spelling that reads back as the same duration: `2s`, `26h`, `7d`, `0s`.
    public var spelled: String {
        let total = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if total == 0 { return "0s" }
        for unit in ["w", "d", "h", "m", "s"] {
            let size = Self.millisecondsPerUnit[unit] ?? 1
            if total % size == 0 { return "\(total / size)\(unit)" }
        }
        return "\(total)ms"
    }

    /// For JSON, where every duration is a number of seconds.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
