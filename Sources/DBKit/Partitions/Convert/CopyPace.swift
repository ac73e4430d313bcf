/// How many rows the next transaction copies. Pure.
///
/// A transaction that lasts long keeps others' dead rows from being cleaned away, and makes standbys wait behind it; one of
/// few rows is mostly overhead.
struct CopyPace: Sendable, Hashable {
    private(set) var rows: Int
    let most: Int
    /// What a transaction should take.
    static let aim = Duration.milliseconds(200)
    static let fewest = 100

    init(most: Int) {
        self.most = max(1, most)
        rows = min(1000, self.most)
    }

    /// - Parameter took: For as many rows as were asked for, or fewer at the end.
    mutating func took(_ took: Duration, for copied: Int64) {
        guard copied > 0, took > .zero else { return }
        let fitting = Double(copied) * (Self.aim / took)
        // Not at a bound: one slow disk for a moment, one page that was cached.
        let next = min(max(fitting, Double(rows) / 2), Double(rows) * 2)
        rows = min(max(Int(next), min(Self.fewest, most)), most)
    }

    /// How long to rest so that no more than `rate` rows a second are copied.
    static func rest(after took: Duration, copied: Int64, rate: Int?) -> Duration {
        guard let rate, rate > 0 else { return .zero }
        return max(.zero, .seconds(Double(copied) / Double(rate)) - took)
    }
}
