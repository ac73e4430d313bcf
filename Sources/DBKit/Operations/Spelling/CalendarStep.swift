/// A step of the calendar, `1 month` or `24 months`: its length depends on where it starts, so it is no `Duration`.
public struct CalendarStep: Hashable, Sendable, CustomStringConvertible {
    public enum Unit: String, Sendable, CaseIterable {
        case hour, day, week, month, quarter, year
    }

    public let count: Int
    public let unit: Unit

    public init(_ count: Int, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// - Throws: ``SpellingProblem`` saying what a calendar step looks like.
    public init(spelled text: String) throws(SpellingProblem) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let count = Int(words[0]), count > 0, words[0].allSatisfy(\.isNumber),
            let unit = Unit.allCases.first(where: { words[1] == $0.rawValue || words[1] == $0.rawValue + "s" })
        else {
            throw SpellingProblem(
                "not a calendar step: a count and hour, day, week, month, quarter or year, as in 1 month or 24 months")
        }
        self.count = count
        self.unit = unit
    }

    public var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}
