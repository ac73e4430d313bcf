public import Operations

/// Whether a server has room for the connections of a load test. Pure.
///
/// A test that takes the last slots is an outage: a fifth of the ordinary ones has to stay free with all of its
/// connections open, and no limit of the role or the database may be passed.
public struct BenchRoom: Encodable, Sendable, Hashable {
    public let maxConnections: Int
    /// `max_connections` less the reserves.
    public let ordinary: Int
    /// Everybody's but the test's own.
    public let usedByOthers: Int
    /// Of the test: its pool, and one to look on with.
    public let connections: Int
    /// With all of them open. Below 0 when they do not fit.
    public let ordinaryFree: Int
    public let ordinaryFreePercent: Double
    /// The largest pool for which there is room.
    public let largestPool: Int
    /// Why there is none, in words; empty when there is.
    public let objections: [String]

    /// Percent of the ordinary slots that stay free.
    public static let keptFree = 20

    /// - Parameters:
    ///   - observation: A look of the session that stays open beside the pool.
    ///   - open: How many connections of the pool it has seen.
    ///   - isSuperuser: The limits of roles and databases are for others.
    init(_ observation: Observation, poolSize: Int, open: Int = 0, isSuperuser: Bool) {
        let budget = ConnectionBudget(observation)
        let others = max(0, budget.used - open)
        let kept = (budget.ordinary * BenchRoom.keptFree + 99) / 100
        var largest = budget.ordinary - kept - others - 1
        var objections: [String] = []
        let free = budget.ordinary - others - poolSize - 1
        if free < kept {
            objections.append(
                "of \(budget.ordinary) ordinary slots \(others) are used; with \(poolSize) and 1 of this run "
                    + "\(max(0, free)) stay free, where \(kept) (\(BenchRoom.keptFree) %) have to")
        }
        let limits =
            budget.roles.filter { $0.name == observation.server.role }.map { ("role", $0) }
            + budget.databases.filter { $0.name == observation.server.database }.map { ("database", $0) }
        for (kind, limit) in limits where !isSuperuser {
            let room = limit.limit - max(0, limit.used - open) - 1
            largest = min(largest, room)
            guard room < poolSize else { continue }
            objections.append(
                "\(kind) \(limit.name) may have \(max(0, room)) more by its CONNECTION LIMIT of \(limit.limit)")
        }
        maxConnections = budget.maxConnections
        ordinary = budget.ordinary
        usedByOthers = others
        connections = poolSize + 1
        ordinaryFree = free
        ordinaryFreePercent = budget.ordinary > 0 ? Double(max(0, free)) * 100 / Double(budget.ordinary) : 0
        largestPool = max(0, largest)
        self.objections = objections
    }

    /// - Throws: `pool.bench_slots` when there is no room.
    func require(isDryRun: Bool = false, afterOpening open: Int = 0) throws(Failure) {
        guard !objections.isEmpty else { return }
        let way = largestPool > 0 ? "--pool-size \(largestPool) fits; " : ""
        throw Failure(
            .benchSlots, "the server has no room for this test: \(objections.joined(separator: "; "))",
            detail: open > 0
                ? "Others came in while it was opening its connections; the \(open) that were open are closed."
                : isDryRun
                    ? "Dry run: this is what the test would come to."
                    : "No connection but the one that looked was opened.",
            hint: way + "--yes runs it all the same, and can lock out whoever comes next")
    }
}

extension FailureCode {
    public static let benchSlots = FailureCode("pool.bench_slots", .guarded)
    public static let benchStatement = FailureCode("pool.bench_statement", .usage)
}
