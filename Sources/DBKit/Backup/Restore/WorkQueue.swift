/// Hands out the items of a plan: an item is ready when what it needs is done, when its pass has come, and when
/// nobody works on a table that it wants for itself.
///
/// A value with no idea of connections or time, so that every order of events can be tested.
struct WorkQueue {
    private var waiting: [WorkItem.ID: WorkItem] = [:]
    private var missing: [WorkItem.ID: Int] = [:]
    private var dependents: [WorkItem.ID: [WorkItem.ID]] = [:]
    private var ready: [WorkItem] = []
    private var running: [WorkItem.ID: WorkItem] = [:]
    private let order: [WorkItem.ID: Int]
    private var pass = RestoreSelection.Pass.main

    init(_ items: [WorkItem]) {
        order = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.id, $0) })
        for item in items {
            waiting[item.id] = item
            missing[item.id] = item.needs.count
            for need in item.needs { dependents[need, default: []].append(item.id) }
        }
        collectReady()
    }

    var isDone: Bool { waiting.isEmpty && ready.isEmpty && running.isEmpty }

    /// The next item to work on, the heaviest first; nil while there is none, or when all are done.
    mutating func next() -> WorkItem? {
        while true {
            if let place = ready.indices.reversed().first(where: { !conflicts(ready[$0]) }) {
                let item = ready.remove(at: place)
                running[item.id] = item
                return item
            }
            guard running.isEmpty, !waiting.isEmpty, ready.isEmpty else { return nil }
            advance()
        }
    }

    mutating func finish(_ id: WorkItem.ID) {
        running[id] = nil
        for dependent in dependents[id] ?? [] {
            missing[dependent, default: 0] -= 1
            if missing[dependent] == 0 { promote(dependent) }
        }
    }

    /// To the next pass; after the last one, circular dependencies are broken in the archive's order, as `pg_restore`
    /// does.
    private mutating func advance() {
        if let next = RestoreSelection.Pass(rawValue: pass.rawValue + 1) {
            pass = next
            collectReady()
        } else if let first = waiting.keys.min(by: { (order[$0] ?? 0) < (order[$1] ?? 0) }) {
            insert(waiting.removeValue(forKey: first))
        }
    }

    private mutating func collectReady() {
        for id in waiting.keys.filter({ missing[$0] == 0 }) { promote(id) }
    }

    private mutating func promote(_ id: WorkItem.ID) {
        guard let item = waiting[id], item.pass <= pass else { return }
        waiting[id] = nil
        insert(item)
    }

    /// Keeps the list in ascending weight, so that the heaviest is taken from its end.
    private mutating func insert(_ item: WorkItem?) {
        guard let item else { return }
        var low = 0
        var high = ready.count
        while low < high {
            let middle = (low + high) / 2
            if comesLater(ready[middle], item) { low = middle + 1 } else { high = middle }
        }
        ready.insert(item, at: low)
    }

    private func comesLater(_ left: WorkItem, _ right: WorkItem) -> Bool {
        if left.weight != right.weight { return left.weight < right.weight }
        return (order[left.id] ?? 0) > (order[right.id] ?? 0)
    }

    private func conflicts(_ item: WorkItem) -> Bool {
        running.values.contains { other in
            !item.exclusiveLocks.isDisjoint(with: other.locks.union(other.exclusiveLocks))
                || !other.exclusiveLocks.isDisjoint(with: item.locks.union(item.exclusiveLocks))
        }
    }
}
