import Operations

/// What is looked at before a run writes, over all of its rows.
struct RunFacts: Sendable {
    /// Keys of the feed that the table has already.
    var matched: Int64
    /// Those of them that would change.
    var changed: Int64
    /// Assets that the last run of this feed had; 0: there was none.
    var lastAssets: Int64
    /// Those of them that this feed lacks.
    var missing: Int64
    /// The first of the missing.
    var missingSamples: [String]
    /// Of the date's column, ISO.
    var newestDate: String?
    /// In the feed's time zone, ISO.
    var today: String
}

/// Judges a run as a whole: a feed that is old, cut short, or changes too much is refused before anything is written.
struct RunGuards: Sendable {
    private let thresholds: GuardThresholds

    init(_ thresholds: GuardThresholds) {
        self.thresholds = thresholds
    }

    func findings(_ facts: RunFacts) -> [GuardFinding] {
        [missingAssets(facts), massChange(facts), stale(facts)].compactMap { $0 }
    }

    private func missingAssets(_ facts: RunFacts) -> GuardFinding? {
        guard let percent = Self.excess(facts.missing, of: facts.lastAssets, over: thresholds.missingAssets) else {
            return nil
        }
        return GuardFinding(
            kind: .missingAssets,
            message:
                "\(facts.missing) of the \(facts.lastAssets) assets of the last run are missing (\(Figure(percent, beyond: thresholds.missingAssets)) %, "
                + "allowed are \(Figure(thresholds.missingAssets ?? 100)) %)",
            samples: Array(facts.missingSamples.prefix(10)), rows: facts.missing,
            override: "--max-missing \(Self.roundedUp(percent))%")
    }

    private func massChange(_ facts: RunFacts) -> GuardFinding? {
        guard let percent = Self.excess(facts.changed, of: facts.matched, over: thresholds.maximumChanged) else {
            return nil
        }
        return GuardFinding(
            kind: .massChange,
            message:
                "\(facts.changed) of the \(facts.matched) rows that are there already would change (\(Figure(percent, beyond: thresholds.maximumChanged)) %, "
                + "allowed are \(Figure(thresholds.maximumChanged ?? 100)) %)",
            samples: [], rows: facts.changed, override: "--max-changed \(Self.roundedUp(percent))%")
    }

    private func stale(_ facts: RunFacts) -> GuardFinding? {
        guard let limit = thresholds.staleAfter, let newest = facts.newestDate, let day = CivilDay(newest),
            let today = CivilDay(facts.today)
        else { return nil }
        let age = day.until(today)
        guard age > limit else { return nil }
        return GuardFinding(
            kind: .stale,
            message:
                "the newest date of the feed is \(newest.prefix(10)), \(age.spelledInDays) before \(facts.today.prefix(10)) "
                + "(allowed are \(limit.spelled))",
            samples: [], rows: 0, override: "--stale-after \(age.spelledInDays)")
    }

    /// The share in per cent where it is more than the limit.
    private static func excess(_ part: Int64, of whole: Int64, over limit: Double?) -> Double? {
        guard let limit, whole > 0 else { return nil }
        let percent = Double(part) * 100 / Double(whole)
        return percent > limit ? percent : nil
    }

    private static func roundedUp(_ percent: Double) -> Int { min(100, Int(percent.rounded(.up))) }
}

extension Duration {
    /// Of whole days, also where weeks would be shorter.
    var spelledInDays: String { "\(components.seconds / 86_400)d" }
}

/// A number for eyes: three digits that count, no zeros behind them, never an exponent.
struct Figure: CustomStringConvertible {
    let description: String

    /// - Parameter limit: From which the number has to look different; as many digits more as that takes.
    init(_ number: Double, beyond limit: Double? = nil) {
        guard let limit, number != limit else {
            self.init(number, digits: 3)
            return
        }
        var digits = 3
        while digits < 12, Figure(number, digits: digits).description == Figure(limit).description { digits += 1 }
        self.init(number, digits: digits)
    }

    private init(_ number: Double, digits: Int) {
        guard number.isFinite, number.magnitude < 1e15 else {
            description = "\(number)"
            return
        }
        var decimals = digits - 1
        var size = number.magnitude
        while size >= 10, decimals > 0 {
            size /= 10
            decimals -= 1
        }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = Int64((number * scale).rounded())
        let whole = "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt64(scale))"
        var fraction = String(String(UInt64(scale) + scaled.magnitude % UInt64(scale)).dropFirst())
        while fraction.last == "0" { fraction.removeLast() }
        description = fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }
}
