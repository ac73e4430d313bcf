/// Which partitions of a table are past keeping. Pure: of their bounds, the cut, and now.
///
/// A partition expires when its upper bound is at or before the cut, so that every row in it is older than what is kept.
/// Whatever is not surely so, stays.
struct RetainPlan: Sendable {
    /// Why one stays that looks as if it could go.
    enum Reason: Sendable, Hashable {
        /// A table without partitions takes no rows.
        case last
        /// Nobody knows how old its rows are.
        case strange
    }

    struct Spared: Sendable, Hashable {
        var partition: Partition
        var reason: Reason
    }

    /// The oldest first: whatever stops a run then leaves no hole, which `ensure` would fill again.
    private(set) var expired: [Partition] = []
    /// Half detached by an interrupted run, of whatever age.
    private(set) var pending: [Partition] = []
    private(set) var spared: [Spared] = []

    /// - Parameters:
    ///   - cut: The first value that is kept; nil keeps everything.
    ///   - now: What a row of this moment has. Nothing of it or behind it expires, wherever the cut lies.
    init(_ partitions: [Partition], cut: PartitionValue?, now: PartitionValue) {
        var live: [(partition: Partition, range: PartitionRange)] = []
        for partition in partitions {
            switch partition.bounds {
            case _ where partition.isDetachPending: pending.append(partition)
            case .fallback: break
            case .other: spared.append(Spared(partition: partition, reason: .strange))
            case .range(let range): live.append((partition, range))
            }
        }
        guard let cut else { return }
        let end = PartitionBound.value(min(cut, now))
        live.sort { $0.range.upper < $1.range.upper }
        expired = live.filter { $0.range.upper <= end }.map(\.partition)
        if let newest = live.last?.partition, expired.last == newest {
            expired.removeLast()
            spared.append(Spared(partition: newest, reason: .last))
        }
    }
}
