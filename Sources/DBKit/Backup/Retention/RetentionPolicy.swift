public import Operations

/// How many backup sets of a database are kept. A set is kept when any one rule wants it.
///
/// All rules look back from the newest good set, never from today: when backups stop, nothing grows too old. Days,
/// weeks (from Monday), months and years are those of UTC; one without a good set does not count.
public struct RetentionPolicy: Sendable, Hashable {
    /// The newest sets.
    public var last: Int?
    /// Every set that is no older than this, measured from the newest.
    public var within: Duration?
    /// The newest set of each of the last so many days that have one.
    public var daily: Int?
    public var weekly: Int?
    public var monthly: Int?
    public var yearly: Int?

    public init(
        last: Int? = nil, within: Duration? = nil, daily: Int? = nil, weekly: Int? = nil, monthly: Int? = nil,
        yearly: Int? = nil
    ) {
        self.last = last
        self.within = within
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
        self.yearly = yearly
    }

    /// No rule at all, or only rules that keep nothing.
    public var keepsNothing: Bool {
        within == nil && [last, daily, weekly, monthly, yearly].allSatisfy { ($0 ?? 0) == 0 }
    }

    /// Nobody said anything.
    public var isUnset: Bool {
        within == nil && [last, daily, weekly, monthly, yearly].allSatisfy { $0 == nil }
    }

    /// - Throws: `backup.policy_empty` (B16): a policy that keeps nothing is a mistake far more often than a wish.
    public func check(allowsLast: Bool = false) throws(Failure) {
        guard keepsNothing, isUnset || !allowsLast else { return }
        throw Failure(
            .backupPolicyEmpty,
            isUnset
                ? "no retention policy was given, and none is configured"
                : "this retention policy keeps nothing, not even the last good set",
            detail: "Nothing was deleted.",
            hint: isUnset
                ? "add backup.keep to dbctl.yaml, or say dbctl backup prune --keep-daily 7 --keep-weekly 4"
                : "keep at least one; with --allow-last the same command deletes every set that is not pinned")
    }
}
