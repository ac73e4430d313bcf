/// In which order rows come into tables that have their foreign keys already: referenced ones first. Pure.
///
/// Within one COPY a row may refer to any other: keys are checked when the statement ends. Keys that no order serves
/// (circles, and a partitioned table's to itself) have to wait for the end of the transaction.
struct LoadOrder {
    /// A foreign key between partition trees, or tables.
    struct Key: Hashable {
        var schema: String
        var table: String
        var name: String
        var isDeferrable: Bool
        var from: Int64
        var to: Int64
    }

    /// Places of the loads, in order.
    let loads: [Int]
    /// Keys that are checked at the end only.
    let deferred: [Key]

    /// - Parameters:
    ///   - trees: the tree that each load goes to, in the archive's order.
    ///   - rowByRow: trees whose rows come in many statements.
    init(trees: [Int64], keys: [Key], rowByRow: Set<Int64> = []) {
        var needs: [Int64: Set<Int64>] = [:]
        for key in keys where key.from != key.to { needs[key.from, default: []].insert(key.to) }
        var waiting: [Int64] = []
        for tree in trees where !waiting.contains(tree) { waiting.append(tree) }
        var order: [Int64] = []
        while !waiting.isEmpty {
            let left = Set(waiting)
            let next = waiting.firstIndex { needs[$0, default: []].isDisjoint(with: left) } ?? 0
            order.append(waiting.remove(at: next))
        }
        let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        let loads = Dictionary(grouping: trees.indices, by: { trees[$0] })
        self.loads = order.flatMap { loads[$0] ?? [] }
        deferred = keys.filter { key in
            guard let from = place[key.from], let to = place[key.to] else { return false }
            return from == to ? (loads[key.from]?.count ?? 0) > 1 || rowByRow.contains(key.from) : to > from
        }
    }
}
