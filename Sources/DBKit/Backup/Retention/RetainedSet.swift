public import Foundation

/// What retention has to know of a set.
public struct RetainedSet: Sendable, Hashable {
    /// What a look at every byte came to.
    public enum Condition: Sendable, Hashable {
        case good
        case damaged
        /// Nobody knows, for a reason: the disk cannot be read, or the note in which a pin may be.
        case unknown(String)
    }

    public var path: SetPath
    public var condition: Condition
    public var isPinned: Bool

    public var time: Date { path.name.time }

    public init(_ path: SetPath, _ condition: Condition, isPinned: Bool = false) {
        self.path = path
        self.condition = condition
        self.isPinned = isPinned
    }
}

/// What is to become of a set, and why.
public struct RetentionDecision: Sendable, Hashable {
    /// One reason to keep or delete a set.
    public enum Reason: Sendable, Hashable {
        case pinned
        /// Its name lies in the future of this machine's clock.
        case future
        case unknown(String)
        case last(Int)
        case within
        case daily(Int)
        case weekly(Int)
        case monthly(Int)
        case yearly(Int)
        case lastGood
        /// Damaged, and no newer set is whole.
        case perhapsTheLastCopy
        /// Damaged, and a newer set is whole.
        case damaged
        /// No rule wants it.
        case superseded
    }

    public var path: SetPath
    public var isKept: Bool
    /// Never empty.
    public var reasons: [Reason]

    /// The reasons in words: `last 1 of 3; daily 2 of 7`.
    public func why(_ policy: RetentionPolicy) -> String {
        reasons.map { reason in
            switch reason {
            case .pinned: "pinned"
            case .future: "its name lies in the future of this machine's clock: kept, and not counted"
            case .unknown(let why): "it cannot be judged: \(why)"
            case .last(let rank): "last \(rank) of \(policy.last ?? 0)"
            case .within: "within the time kept before the newest good set"
            case .daily(let rank): "daily \(rank) of \(policy.daily ?? 0)"
            case .weekly(let rank): "weekly \(rank) of \(policy.weekly ?? 0)"
            case .monthly(let rank): "monthly \(rank) of \(policy.monthly ?? 0)"
            case .yearly(let rank): "yearly \(rank) of \(policy.yearly ?? 0)"
            case .lastGood: "the last good set"
            case .perhapsTheLastCopy: "damaged, but no newer set is whole"
            case .damaged: "damaged, and a newer set is whole"
            case .superseded: "no rule keeps it"
            }
        }.joined(separator: "; ")
    }
}
