/// The graph below a tree, over small numbers.
struct LockGraph: Sendable, Hashable {
    private(set) var nodes: [LockHolder] = []
    private(set) var index: [LockHolder: Int] = [:]
    /// By waiter, who is in the way; each once.
    private(set) var blockers: [[Int]] = []
    /// The same the other way round.
    private(set) var victims: [[Int]] = []

    init(_ waits: [LockWait]) {
        var seen: Set<[Int]> = []
        for wait in waits {
            let waiter = add(LockHolder(pid: wait.pid))
            for blocker in wait.blockers {
                let other = add(blocker)
                guard other != waiter, seen.insert([waiter, other]).inserted else { continue }
                blockers[waiter].append(other)
                victims[other].append(waiter)
            }
        }
    }

    private mutating func add(_ holder: LockHolder) -> Int {
        if let known = index[holder] { return known }
        index[holder] = nodes.count
        nodes.append(holder)
        blockers.append([])
        victims.append([])
        return nodes.count - 1
    }

    /// The groups that wait for nobody outside of themselves and have somebody behind them or in a circle.
    func rootComponents() -> [[Int]] {
        let components = components()
        var number = [Int](repeating: 0, count: nodes.count)
        for (component, members) in components.enumerated() {
            for member in members { number[member] = component }
        }
        return components.enumerated().filter { component, members in
            let isFree = members.allSatisfy { blockers[$0].allSatisfy { number[$0] == component } }
            return isFree && (members.count > 1 || !victims[members[0]].isEmpty)
        }.map(\.element)
    }

    /// Strongly connected components after Tarjan (1972), without recursion: a queue may be thousands long.
    private func components() -> [[Int]] {
        var order = [Int](repeating: -1, count: nodes.count)
        var low = order
        var isOnStack = [Bool](repeating: false, count: nodes.count)
        var stack: [Int] = []
        var found: [[Int]] = []
        var next = 0
        for start in nodes.indices where order[start] < 0 {
            var path: [(node: Int, edge: Int)] = [(start, 0)]
            while let (node, edge) = path.last {
                if edge == 0 {
                    order[node] = next
                    low[node] = next
                    next += 1
                    stack.append(node)
                    isOnStack[node] = true
                }
                if edge < blockers[node].count {
                    path[path.count - 1].edge += 1
                    let other = blockers[node][edge]
                    if order[other] < 0 {
                        path.append((other, 0))
                    } else if isOnStack[other] {
                        low[node] = min(low[node], order[other])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
                guard low[node] == order[node] else { continue }
                var members: [Int] = []
                repeat {
                    members.append(stack.removeLast())
                    isOnStack[members[members.count - 1]] = false
                } while members[members.count - 1] != node
                found.append(members)
            }
        }
        return found
    }

    /// The longest of the shortest ways: by victim, how many are before it.
    func levels(from roots: [Int]) -> [Int: Int] {
        var levels = Dictionary(uniqueKeysWithValues: roots.map { ($0, 0) })
        var front = roots
        var level = 0
        while !front.isEmpty {
            level += 1
            var behind: [Int] = []
            for node in front {
                for victim in victims[node] where levels[victim] == nil {
                    levels[victim] = level
                    behind.append(victim)
                }
            }
            front = behind
        }
        return levels
    }

    func outline(from roots: [Int], seen: inout Set<Int>) -> [(node: Int, level: Int)] {
        let levels = levels(from: roots)
        var lines: [(node: Int, level: Int)] = []
        var stack = roots.sorted { nodes[$1] < nodes[$0] }.filter { !seen.contains($0) }
        while let node = stack.popLast() {
            guard seen.insert(node).inserted else { continue }
            let level = levels[node] ?? 0
            lines.append((node, level))
            stack += victims[node].filter { levels[$0] == level + 1 && !seen.contains($0) }
                .sorted { nodes[$1] < nodes[$0] }
        }
        return lines
    }
}
