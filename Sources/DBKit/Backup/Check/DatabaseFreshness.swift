public import Foundation
public import Operations

/// How fresh the backups of one database are: a pure verdict over what is noted of its sets (B17).
///
/// Only a set that was verified counts. Too old, or none at all, is CRITICAL: there may be nothing to restore. All that
/// only shakes the trust in tomorrow's restore is a WARNING: a newest set that is not good, a drill that is overdue.
public struct DatabaseFreshness: Sendable, Encodable {
    /// What is noted of a set.
    public struct Observed: Sendable, Hashable {
        public enum Condition: Sendable, Hashable {
            case good, unverified, damaged, failedDrill
        }

        public var name: SetName
        public var condition: Condition
        /// When it was last restored for practice, with success.
        public var drilled: Date?

        public init(_ name: SetName, _ condition: Condition, drilled: Date? = nil) {
            self.name = name
            self.condition = condition
            self.drilled = drilled
        }
    }

    public var database: String
    public var verdict = CheckVerdict.ok
    /// The newest good set.
    public var set: String?
    public var age: Double?
    public var drilled: Date?
    public var drillAge: Double?
    /// What is not as it should be, worst first.
    public var problems: [String] = []
    /// What the worst of them is called.
    var code: FailureCode?

    enum CodingKeys: String, CodingKey {
        case database, verdict, set
        case age = "age_s"
        case drilled
        case drillAge = "drill_age_s"
        case problems
    }

    /// - Parameters:
    ///   - sets: in any order.
    ///   - pastDrill: the newest drill of a set that is gone.
    ///   - maximumDrillAge: nil when nobody asks for drills.
    public init(
        of database: String, _ sets: [Observed], pastDrill: Date? = nil, maximumAge: Duration,
        maximumDrillAge: Duration?, now: Date
    ) {
        self.database = database
        let past = sets.filter { $0.name.time <= now }.sorted { $1.name < $0.name }
        judgeAge(past, maximumAge, now)
        if let newest = past.first, newest.condition != .good, set != nil {
            add(.warning, .backupNewestNotGood, "the newest set \(newest.name) \(newest.condition.words)")
        }
        if past.count < sets.count {
            add(.warning, .backupNewestNotGood, "\(sets.count - past.count) sets lie in the future of this clock")
        }
        drilled = (past.map(\.drilled) + [pastDrill]).compactMap(\.self).filter { $0 <= now }.max()
        drillAge = drilled.map { now.timeIntervalSince($0) }
        guard let maximumDrillAge else { return }
        if let drillAge, drillAge <= maximumDrillAge.inSeconds { return }
        let since = drillAge.map { "the last successful drill was \(Self.span($0)) ago" } ?? "it was never drilled"
        add(.warning, .backupDrillOverdue, "\(since); wanted every \(Self.span(maximumDrillAge.inSeconds))")
    }

    private mutating func judgeAge(_ past: [Observed], _ maximumAge: Duration, _ now: Date) {
        guard let good = past.first(where: { $0.condition == .good }) else {
            return add(
                .critical, .backupNoGoodSet,
                "there is no good set (\(past.count) are not verified, damaged, or failed their drill)")
        }
        let age = now.timeIntervalSince(good.name.time)
        (set, self.age) = (good.name.text, age)
        guard age > maximumAge.inSeconds else { return }
        let limit = Self.span(maximumAge.inSeconds)
        add(.critical, .backupTooOld, "the newest good set is \(Self.span(age)) old, wanted is \(limit) at most")
    }

    private mutating func add(_ verdict: CheckVerdict, _ code: FailureCode, _ problem: String) {
        if verdict > self.verdict { (self.verdict, self.code) = (verdict, code) }
        problems.append(problem)
    }

    /// `26 h`, `8 d`: rounded down, so that an age just over its limit does not look younger than it.
    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds)) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(seconds / 86_400)) d"
        }
    }
}

extension DatabaseFreshness.Observed.Condition {
    fileprivate var words: String {
        switch self {
        case .good: "is good"
        case .unverified: "was never verified"
        case .damaged: "is damaged"
        case .failedDrill: "failed its last drill"
        }
    }

    init(_ standing: SetStanding) {
        self =
            switch standing {
            case .good: .good
            case .unverified: .unverified
            case .damaged: .damaged
            case .failedDrill: .failedDrill
            }
    }
}
