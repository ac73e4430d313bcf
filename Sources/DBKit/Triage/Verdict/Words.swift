/// How numbers are said.
enum Words {
    /// `45 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`
    static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e12))
        switch whole {
        case ..<60: return seconds < 1 ? "less than a second" : "\(whole) s"
        case ..<3600: return pair(whole, 60, "min", 1, "s")
        case ..<86_400: return pair(whole, 3600, "h", 60, "min")
        default: return pair(whole, 86_400, "d", 3600, "h")
        }
    }

    private static func pair(_ whole: Int, _ big: Int, _ bigUnit: String, _ small: Int, _ smallUnit: String) -> String {
        let rest = whole % big / small
        return "\(whole / big) \(bigUnit)" + (rest > 0 ? " \(rest) \(smallUnit)" : "")
    }

    static func sessions(_ count: Int) -> String {
        count == 1 ? "1 session" : "\(count) sessions"
    }

    /// `1.5 million`
    static func transactions(_ count: Int) -> String {
        guard count >= 1_000_000 else { return "\(count) transactions" }
        return "\(Double(count / 100_000) / 10) million transactions"
    }

    /// A statement on one line, cut.
    static func statement(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 100 ? line.prefix(99) + "…" : line
    }

    /// ` --max 40`, where more would be ended than `pool kill` ends without being told so.
    static func most(_ count: Int) -> String { count > Kill.mostUnasked ? " --max \(count)" : "" }

    /// The longest of the usual durations that takes in at least two thirds of these ages, as an option is spelled. Never
    /// less than a second, which is the way from one statement to the next.
    static func limit(_ ages: [Double]) -> String {
        let usual: [(Double, String)] = [
            (86_400, "1d"), (3600, "1h"), (1800, "30m"), (600, "10m"), (300, "5m"), (60, "1m"), (30, "30s"),
            (10, "10s"),
        ]
        return usual.first { limit, _ in ages.count { $0 >= limit } * 3 >= ages.count * 2 && !ages.isEmpty }?.1 ?? "1s"
    }
}
