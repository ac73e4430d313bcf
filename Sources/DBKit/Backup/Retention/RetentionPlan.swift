public import Foundation

/// Which sets of one database stay and which go: a pure function of what is known of them.
///
/// Only good sets count. What is pinned, from the future, or cannot be judged stays and takes no good set's place. A
/// damaged set goes as soon as a newer one is whole, and not before: until then it may be the last copy of something.
public enum RetentionPlan {
    /// - Parameters:
    ///   - sets: of one database, in any order.
    ///   - now: by this machine's clock; sets that are named after a later moment are not counted.
    ///   - allowsLast: the last good set may go, too.
    /// - Returns: one decision a set, the newest first.
    public static func decide(
        _ sets: [RetainedSet], _ policy: RetentionPolicy, now: Date, allowsLast: Bool = false
    ) -> [RetentionDecision] {
        let ordered = sets.sorted { $1.path.name < $0.path.name }
        let counted = ordered.filter { $0.condition == .good && $0.time <= now }
        var wanted = rules(counted, policy)
        if let newest = counted.first, !allowsLast, !counted.contains(where: { wanted[$0.path] != nil }) {
            wanted[newest.path] = [.lastGood]
        }
        return ordered.map { set in
            let exempt = exemptions(set, now: now)
            if !exempt.isEmpty {
                return RetentionDecision(path: set.path, isKept: true, reasons: exempt + (wanted[set.path] ?? []))
            }
            if let reasons = wanted[set.path] {
                return RetentionDecision(path: set.path, isKept: true, reasons: reasons)
            }
            guard set.condition == .damaged else {
                return RetentionDecision(path: set.path, isKept: false, reasons: [.superseded])
            }
            let isSuperseded = counted.first.map { set.path.name < $0.path.name } ?? false
            return RetentionDecision(
                path: set.path, isKept: !isSuperseded, reasons: [isSuperseded ? .damaged : .perhapsTheLastCopy])
        }
    }

    /// What keeps a set whatever the policy says.
    private static func exemptions(_ set: RetainedSet, now: Date) -> [RetentionDecision.Reason] {
        var reasons: [RetentionDecision.Reason] = []
        if set.isPinned { reasons.append(.pinned) }
        if set.time > now { reasons.append(.future) }
        if case .unknown(let why) = set.condition { reasons.append(.unknown(why)) }
        return reasons
    }

    /// Which rules want which sets.
    ///
    /// - Parameter good: the newest first.
    private static func rules(
        _ good: [RetainedSet], _ policy: RetentionPolicy
    ) -> [SetPath: [RetentionDecision.Reason]] {
        var wanted: [SetPath: [RetentionDecision.Reason]] = [:]
        for (rank, set) in good.prefix(max(0, policy.last ?? 0)).enumerated() {
            wanted[set.path, default: []].append(.last(rank + 1))
        }
        if let within = policy.within, let newest = good.first {
            for set in good where newest.time.timeIntervalSince(set.time) <= within.inSeconds {
                wanted[set.path, default: []].append(.within)
            }
        }
        /// The newest set of each of the last periods that have one.
        func keep(_ count: Int?, by period: (CivilTime) -> Int, _ reason: (Int) -> RetentionDecision.Reason) {
            var seen: Set<Int> = []
            for set in good {
                let time = CivilTime(seconds: Int(set.time.timeIntervalSince1970.rounded(.down)))
                guard seen.count < max(0, count ?? 0) else { return }
                if seen.insert(period(time)).inserted { wanted[set.path, default: []].append(reason(seen.count)) }
            }
        }
        keep(policy.daily, by: \.dayNumber) { .daily($0) }
        keep(policy.weekly, by: \.weekNumber) { .weekly($0) }
        keep(policy.monthly, by: { $0.year * 12 + $0.month }, { .monthly($0) })
        keep(policy.yearly, by: \.year) { .yearly($0) }
        return wanted
    }
}
