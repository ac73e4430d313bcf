/// Durations counted in buckets, so that quantiles of any number of them take the same memory.
///
/// 32 buckets for each power of two of nanoseconds: a quantile is at most ``precision`` above the true one, and never below.
/// The idea is that of G. Tene's HdrHistogram.
public struct LatencyHistogram: Sendable, Hashable {
    /// The width of a bucket against its lower bound.
    public static let precision = 1.0 / 32

    private static let bits = 5
    private static let perPower = 1 << bits

    /// Grown to the largest duration that came.
    private var buckets: [UInt64] = []
    public private(set) var count: UInt64 = 0
    /// In nanoseconds, exactly.
    public private(set) var longest: UInt64 = 0

    public init() {}

    public mutating func add(_ nanoseconds: UInt64) {
        let index = LatencyHistogram.index(of: nanoseconds)
        if index >= buckets.count {
            buckets.append(contentsOf: repeatElement(0, count: index + 1 - buckets.count))
        }
        buckets[index] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// The duration in nanoseconds that `share` (0 to 1) of all do not exceed; nil when there are none.
    public func quantile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((Double(count) * min(max(share, 0), 1)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            if seen >= wanted { return min(LatencyHistogram.last(of: index), longest) }
        }
        return longest
    }

    /// Below 64 each nanosecond has a bucket of its own.
    private static func index(of value: UInt64) -> Int {
        guard value >= UInt64(2 * perPower) else { return Int(value) }
        let shift = UInt64.bitWidth - value.leadingZeroBitCount - 1 - bits
        return shift * perPower + Int(value >> UInt64(shift))
    }

    /// The largest value of a bucket.
    private static func last(of index: Int) -> UInt64 {
        guard index >= 2 * perPower else { return UInt64(index) }
        let shift = index / perPower - 1
        let (value, overflow) = UInt64(index - shift * perPower + 1).multipliedReportingOverflow(by: 1 << UInt64(shift))
        return overflow ? .max : value - 1
    }
}
