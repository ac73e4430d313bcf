// Who waits for whom, P6.

import TestSupport
import Testing

@testable import Triage

@Suite("Lock trees are built out of edges") struct LockTreeTests {
    private func wait(_ pid: Int32, _ blockers: Int32...) -> LockWait {
        LockWait(pid: pid, blockers: blockers.map { LockHolder(pid: $0) })
    }

    @Test("a chain has one root, and everybody behind it is its victim once, P6")
    func chain() {
        let tree = LockTree([wait(2, 1), wait(3, 2), wait(4, 3, 2), wait(5, 1)])
        #expect(tree.roots.map(\.holders) == [[LockHolder(pid: 1)]])
        #expect(tree.roots[0].victims.map(\.pid).sorted() == [2, 3, 4, 5])
        #expect(tree.roots[0].depth == 2)
        #expect(tree.waiting.count == 4)
        #expect(tree.outline().map(\.holder.pid) == [1, 2, 3, 4, 5])
        #expect(tree.outline().map(\.level) == [0, 1, 2, 2, 1])
    }

    @Test("several blockers: each root has the victim, the outline shows it once")
    func severalBlockers() {
        let tree = LockTree([wait(3, 1, 2), wait(4, 3), wait(5, 2)])
        #expect(tree.roots.map { $0.holders[0].pid } == [2, 1])
        #expect(tree.roots.map(\.victims.count) == [3, 2])
        #expect(tree.outline().map(\.holder.pid).sorted() == [1, 2, 3, 4, 5])
    }

    @Test("a deadlock that the server has not seen is a root of several, and ends the search")
    func deadlock() {
        let tree = LockTree([wait(1, 2), wait(2, 3), wait(3, 1), wait(9, 1), wait(10, 9)])
        #expect(tree.roots.count == 1)
        #expect(tree.roots[0].isDeadlock)
        #expect(tree.roots[0].holders.map(\.pid) == [1, 2, 3])
        #expect(tree.roots[0].victims.map(\.pid).sorted() == [9, 10])
        #expect(tree.outline().count == 5)
    }

    @Test("a circle that waits for somebody outside is no root: the one outside is")
    func circleBehindRoot() {
        let tree = LockTree([wait(1, 2), wait(2, 1, 7)])
        #expect(tree.roots.map(\.holders) == [[LockHolder(pid: 7)]])
        #expect(tree.roots[0].victims.count == 2)
    }

    @Test("two prepared transactions are two roots, told apart by their names, P6")
    func prepared() {
        let one = LockHolder(pid: 0, gid: "one")
        let two = LockHolder(pid: 0, gid: "two")
        let tree = LockTree([
            LockWait(pid: 1, blockers: [one]), LockWait(pid: 2, blockers: [two]), LockWait(pid: 3, blockers: [two]),
        ])
        #expect(tree.roots.map(\.holders) == [[two], [one]])
    }

    @Test("a wait for oneself, and one that nobody is in the way of any more, are none")
    func nothing() {
        let tree = LockTree([wait(1, 1), wait(2)])
        #expect(tree.roots.isEmpty)
        #expect(tree.waiting.isEmpty)
        #expect(tree.outline().isEmpty)
    }

    @Test("random graphs say the same as a walk over all ways", arguments: 0..<60)
    func random(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = 2 + generator.below(25)
        let isAcyclic = seed % 2 == 0
        var edges: [Int32: Set<Int32>] = [:]
        for _ in 0..<generator.below(3 * count) {
            let one = Int32(1 + generator.below(count))
            let other = Int32(1 + generator.below(count))
            guard one != other else { continue }
            edges[isAcyclic ? max(one, other) : one, default: []].insert(isAcyclic ? min(one, other) : other)
        }
        let tree = LockTree(edges.map { LockWait(pid: $0, blockers: $1.map { LockHolder(pid: $0) }) })

        // What everybody waits for, by walking until nothing new comes up.
        func reach(_ pid: Int32) -> Set<Int32> {
            var seen: Set<Int32> = []
            var rest = Array(edges[pid] ?? [])
            while let next = rest.popLast() {
                if seen.insert(next).inserted { rest += edges[next] ?? [] }
            }
            return seen
        }
        var reaches: [Int32: Set<Int32>] = [:]
        for pid in 1...Int32(count) { reaches[pid] = reach(pid) }
        var expected: Set<[Int32]> = []
        for pid in 1...Int32(count) {
            let mine = reaches[pid] ?? []
            let isBlocking = edges.values.contains { $0.contains(pid) }
            // Free, or waiting only for those who wait for it.
            guard isBlocking, mine.allSatisfy({ reaches[$0]?.contains(pid) == true }) else { continue }
            expected.insert(mine.union([pid]).sorted())
        }
        #expect(Set(tree.roots.map { $0.holders.map(\.pid) }) == expected)
        for root in tree.roots {
            let members = Set(root.holders.map(\.pid))
            let victims = reaches.filter { !$1.isDisjoint(with: members) && !members.contains($0) }.keys
            #expect(Set(root.victims.map(\.pid)) == Set(victims))
        }
        // Everybody is shown once, and nobody is left out.
        let shown = tree.outline().map(\.holder.pid)
        #expect(Set(shown).count == shown.count)
        #expect(Set(shown) == Set(edges.flatMap { [$0] + $1 }))
    }

    @Test("5,000 edges and a queue of 4,000 one behind the other: no recursion to run out of")
    func long() {
        let queue = (2...4000).map { wait($0, $0 - 1) }
        let more = (5000..<6000).map { LockWait(pid: Int32($0), blockers: [LockHolder(pid: 4000)]) }
        let tree = LockTree((queue + more).shuffled())
        #expect(tree.roots.map(\.holders) == [[LockHolder(pid: 1)]])
        #expect(tree.roots[0].victims.count == 4999)
        #expect(tree.roots[0].depth == 4000)
    }

    @Test("300 waiters in each other's way: one root, and everybody else its victim, P6")
    func contract() {
        // As the server tells it of a queue for ACCESS EXCLUSIVE: everybody waits for all before.
        let waits = (2...301).map { pid in
            LockWait(pid: pid, blockers: (1..<pid).map { LockHolder(pid: $0) }, mode: "AccessExclusiveLock")
        }
        // How long that takes is measured by bench/run --only pool.
        let tree = LockTree(waits)
        #expect(tree.roots.map(\.victims.count) == [300])
        #expect(tree.roots.first?.holders == [LockHolder(pid: 1)])
    }
}
