/// Compares a price with the one that is there for the same key.
struct JumpGuard: Sendable {
    private let maximum: Double?
    private let splits: [Double]

    /// Prices are rounded, so that a factor is never met exactly.
    private static let tolerance = 0.02
    /// Pence for pounds, and the same for currencies with a thousandth.
    private static let units = [100.0, 1000.0]

    init(_ thresholds: GuardThresholds) {
        maximum = thresholds.maximumJump
        splits = thresholds.splits
    }

    /// Prices that differ by no more than this factor, up or down, are fine for sure; nil: all are. For a query that
    /// leaves the others out.
    var quietFactor: Double? {
        maximum.map { min($0, (Self.units.min() ?? $0) * (1 - Self.tolerance)) }
    }

    func verdict(before: Double, after: Double) -> JumpVerdict {
        // What was no price tells nothing about the new one.
        guard let maximum, before.isFinite, after.isFinite, before > 0, after > 0 else { return .fine }
        let factor = after / before
        // 0.5 / 0.1 and its like must not be a jump by a rounding of the last bit.
        let size = max(factor, 1 / factor) * (1 - 1e-12)
        if size > 1, splits.contains(where: { Self.isNear(size, max($0, 1 / $0)) }) { return .split(factor) }
        // Also where higher jumps are allowed: no market moves by exactly that.
        if Self.units.contains(where: { Self.isNear(size, $0) }) { return .unit(factor) }
        return size > maximum ? .jump(factor) : .fine
    }

    private static func isNear(_ size: Double, _ factor: Double) -> Bool {
        abs(size / factor - 1) <= tolerance
    }
}

/// What a price says, beside the one that was there; the factors are after divided by before.
enum JumpVerdict: Sendable, Hashable {
    case fine
    /// By the factor of a known split: fine, too.
    case split(Double)
    /// More than the feed allows.
    case jump(Double)
    /// By a hundred or a thousand: the vendor changed the unit, or confused it.
    case unit(Double)
}
