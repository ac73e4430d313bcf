/// The pieces that nobody has begun, and which is next.
///
/// Two workers at one table write one file, and what the second writes has to be copied once more. So a worker takes the
/// table with the most left of those that nobody is at; when there is none, it helps at the one with the most left. The
/// biggest work goes first, and all are busy to the end.
struct PendingUnits {
    /// Of one table, the next one last.
    private var units: [Int: [CopyPlan.Unit]]
    /// Tables that nobody is at, the one with the most left last.
    private var free: [Lane]
    private var workers: [Int: Int] = [:]

    private struct Lane: Comparable {
        var weight: Int64
        var table: Int

        static func < (left: Lane, right: Lane) -> Bool {
            (left.weight, right.table) < (right.weight, left.table)
        }
    }

    init(_ all: [CopyPlan.Unit]) {
        units = Dictionary(grouping: all.reversed(), by: \.table)
        free = units.map { Lane(weight: Self.weight($0.value), table: $0.key) }.sorted()
    }

    var isEmpty: Bool { units.isEmpty }

    /// Begins the next piece; nil when there is none left to begin.
    mutating func next() -> CopyPlan.Unit? {
        // Where no table is free, those that are left are no more than there are workers.
        let helped = free.isEmpty ? units.max { Self.weight($0.value) < Self.weight($1.value) }?.key : nil
        guard let table = free.popLast()?.table ?? helped, let unit = units[table]?.popLast() else { return nil }
        if units[table]?.isEmpty == true { units[table] = nil }
        workers[table, default: 0] += 1
        return unit
    }

    /// Somebody begins a piece of the table that was put aside before.
    mutating func enter(_ table: Int) {
        free.removeAll { $0.table == table }
        workers[table, default: 0] += 1
    }

    /// Somebody has ended, or put aside, a piece of the table.
    mutating func leave(_ table: Int) {
        let left = workers[table, default: 1] - 1
        workers[table] = left > 0 ? left : nil
        guard left <= 0, let rest = units[table] else { return }
        let lane = Lane(weight: Self.weight(rest), table: table)
        free.insert(lane, at: free.firstIndex { lane < $0 } ?? free.endIndex)
    }

    /// The pieces of a table are of one size.
    private static func weight(_ units: [CopyPlan.Unit]) -> Int64 {
        (units.last?.weight ?? 0) * Int64(units.count)
    }
}
