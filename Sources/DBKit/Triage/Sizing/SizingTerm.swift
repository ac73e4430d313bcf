/// One of the numbers of which the smallest is the size of a pool.
public struct SizingTerm: Encodable, Sendable, Hashable {
    public let name: String
    /// With names: `(cores × 2 + spindles) / instances`
    public let formula: String
    /// The same with numbers.
    public let calculation: String
    /// For the server, all instances together.
    public let total: Double
    public let perInstance: Double
    /// ``perInstance`` in whole connections: demand is rounded up, limits are rounded down. May be 0 or less.
    public let size: Int
    /// ``total`` in whole connections.
    public let shared: Int
    /// What is good, where the others are what is possible.
    public let isPreference: Bool
}

extension PoolSizing {
    /// Those whose inputs are known, in the order of the contract.
    var terms: [SizingTerm] {
        let pools = Double(instances) * surge
        var terms: [SizingTerm] = []
        if let cores {
            terms.append(
                SizingTerm(
                    "hardware", "(cores × 2 + spindles) / instances",
                    "(\(cores) × 2 + \(spindles)) / \(instances)",
                    total: Double(cores * 2 + spindles), pools: Double(instances), isPreference: true))
        }
        if let rate, let hold {
            terms.append(
                SizingTerm(
                    "demand", "arrival rate × hold time × 1.25 / instances",
                    "\(SizingTerm.plain(rate)) × \(SizingTerm.plain(hold)) × 1.25 / \(instances)",
                    total: rate * hold * PoolSizing.headroom, pools: Double(instances), isPreference: true,
                    roundsUp: true))
        }
        terms.append(
            SizingTerm(
                "slots", "(ordinary × 0.8 − others) / (instances × surge)",
                "(\(ordinary) × 0.8 − \(others)) / (\(instances) × \(SizingTerm.plain(surge)))",
                total: Double(ordinary) * PoolSizing.usable - Double(others), pools: pools, isPreference: false))
        for (name, limit) in [("role_limit", roleLimit), ("database_limit", databaseLimit)] {
            guard let limit else { continue }
            terms.append(
                SizingTerm(
                    name, "(limit × 0.8 − others) / (instances × surge)",
                    "(\(limit.limit) × 0.8 − \(limit.others)) / (\(instances) × \(SizingTerm.plain(surge)))",
                    total: Double(limit.limit) * PoolSizing.usable - Double(limit.others), pools: pools,
                    isPreference: false))
        }
        return terms
    }
}

extension SizingTerm {
    fileprivate init(
        _ name: String, _ formula: String, _ calculation: String, total: Double, pools: Double, isPreference: Bool,
        roundsUp: Bool = false
    ) {
        // 0.1 + 0.2 must not cost a connection.
        func whole(_ value: Double) -> Int {
            let bounded = min(max(value, -1e9), 1e9)
            return Int(roundsUp ? (bounded - 1e-9).rounded(.up) : (bounded + 1e-9).rounded(.down))
        }
        self.name = name
        self.formula = formula
        self.calculation = calculation
        self.total = total
        self.isPreference = isPreference
        perInstance = total / pools
        size = whole(total / pools)
        shared = whole(total)
    }

    /// Without digits that mean nothing: `1.5`, `0.0042`, `310`.
    static func plain(_ value: Double) -> String {
        guard value.magnitude < 1e12 else { return "\(value)" }
        var scale = 1.0
        while value != 0, (value * scale).magnitude < 100, scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
