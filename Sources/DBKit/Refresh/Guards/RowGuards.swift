import Operations

/// Judges the rows that a run would write, one by one; what it holds back goes into quarantine, and the run is refused.
///
/// Nothing is ever corrected: a price that looks a hundred times too high is shown, and left to the vendor.
struct RowGuards: Sendable {
    /// A row of the delta.
    struct Row: Sendable {
        var file: String
        var line: Int
        /// Values of the key's columns, as they are shown.
        var key: [String]
        /// Of the asset's columns.
        var asset: [String]
        /// Of the date's column, ISO.
        var date: String?
        /// Prices of the existing row beside the new ones; empty for a row that would be inserted.
        var prices: [Pair] = []

        /// A price, as the server writes them.
        struct Pair: Sendable {
            var column: String
            var before: String
            var after: String
        }
    }

    private let jumps: JumpGuard
    private let allowed: AllowedRows
    private let maximumJump: Double
    private let backWindow: Duration?
    private let today: CivilDay?

    private var jumped = HeldRows()
    private var scaled = HeldRows()
    private var backdated = HeldRows()
    private var largestJump = 1.0
    private var oldest: (day: CivilDay, text: String)?

    /// - Parameter today: In the feed's time zone, ISO.
    init(_ thresholds: GuardThresholds, today: String) {
        jumps = JumpGuard(thresholds)
        allowed = AllowedRows(thresholds.allowed)
        maximumJump = thresholds.maximumJump ?? .infinity
        backWindow = thresholds.backWindow
        self.today = CivilDay(today)
    }

    /// - Returns: Why the row is held back; nil lets it through.
    mutating func judge(_ row: Row) -> String? {
        guard !allowed.contains(asset: row.asset, date: row.date) else { return nil }
        var reasons: [String] = []
        if let reason = backdating(row) { reasons.append(reason) }
        var jumpReasons: [String] = []
        var unitReasons: [String] = []
        for pair in row.prices {
            guard let before = Double(pair.before), let after = Double(pair.after) else { continue }
            switch jumps.verdict(before: before, after: after) {
            case .fine, .split: continue
            case .jump(let factor):
                largestJump = max(largestJump, factor, 1 / factor)
                jumpReasons.append(change(pair, by: factor))
            case .unit(let factor):
                unitReasons.append(change(pair, by: factor))
            }
        }
        if !jumpReasons.isEmpty { jumped.add(row, jumpReasons.joined(separator: ", ")) }
        if !unitReasons.isEmpty { scaled.add(row, unitReasons.joined(separator: ", ")) }
        reasons += jumpReasons + unitReasons.map { "\($0): another unit?" }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// Of all rows so far.
    var findings: [GuardFinding] {
        [jumpFinding, unitFinding, backWindowFinding].compactMap { $0 }
    }

    private var jumpFinding: GuardFinding? {
        jumped.finding(
            .jump,
            "a price is more than \(Figure(maximumJump)) times as high or as low as the one that is there "
                + "(up to \(Figure(largestJump, beyond: maximumJump)) times)",
            // A few are vouched for by name: a higher factor would let others through, too.
            override: jumped.fewNames ?? "--max-jump \(Figure(Self.roundedUp(largestJump)))")
    }

    private var unitFinding: GuardFinding? {
        scaled.finding(
            .unit, "a price is about 100 or 1000 times as high or as low as the one that is there: another unit?",
            override: scaled.fewNames ?? scaled.manyNames)
    }

    private var backWindowFinding: GuardFinding? {
        guard let backWindow, let oldest, let today else { return nil }
        return backdated.finding(
            .backWindow, "the date is more than \(backWindow.spelled) ago (the oldest: \(oldest.text))",
            override: "--back-window \(oldest.day.until(today).spelledInDays)")
    }

    private mutating func backdating(_ row: Row) -> String? {
        guard let backWindow, let today, let date = row.date, let day = CivilDay(date),
            day.until(today) > backWindow
        else { return nil }
        let text = String(date.prefix(10))
        if day < oldest?.day ?? today { oldest = (day, text) }
        let reason = "\(text) is more than \(backWindow.spelled) ago"
        backdated.add(row, reason)
        return reason
    }

    private func change(_ pair: Row.Pair, by factor: Double) -> String {
        let size = max(factor, 1 / factor)
        return
            "\(pair.column) from \(pair.before) to \(pair.after), \(Figure(size, beyond: maximumJump)) times as \(factor > 1 ? "high" : "low")"
    }

    /// The next number that people would write: 6, 15, 130, 1300.
    private static func roundedUp(_ factor: Double) -> Double {
        var step = factor < 10 ? 1.0 : factor < 100 ? 5.0 : 10.0
        while factor >= step * 100 { step *= 10 }
        return (factor / step).rounded(.up) * step
    }
}
