import TestSupport
import Testing

@testable import Backup

/// Who gets which piece of which table.
@Suite struct PendingUnitsTests {
    /// Tables with so many pieces of that weight each.
    private static func units(_ tables: [(count: Int, weight: Int64)]) -> [CopyPlan.Unit] {
        tables.enumerated().flatMap { table, size in
            (0..<size.count).map { CopyPlan.Unit(table: table, chunk: $0, blocks: nil, weight: size.weight) }
        }
    }

    @Test("every worker has a table of its own, the one with the most left first, and helps when none is free")
    func ownTables() {
        var pending = PendingUnits(Self.units([(3, 10), (2, 10), (1, 12)]))
        #expect(pending.next()?.table == 0)
        #expect(pending.next()?.table == 1)
        #expect(pending.next()?.table == 2)
        // Nobody's table is left: the one with the most to do is helped.
        #expect(pending.next()?.table == 0)
        pending.leave(1)
        #expect(pending.next()?.table == 1)
        #expect(pending.next()?.table == 0)
        #expect(pending.next() == nil && pending.isEmpty)
    }

    @Test("a table is free again when the last worker has left it")
    func freeAgain() {
        var pending = PendingUnits(Self.units([(4, 10), (3, 1)]))
        #expect(pending.next()?.table == 0)
        #expect(pending.next()?.table == 1)
        #expect(pending.next()?.table == 0)
        pending.leave(0)
        // One is still at it: the helper takes the heavier rest, which is the same table's.
        #expect(pending.next()?.table == 0)
        pending.leave(0)
        pending.leave(0)
        pending.leave(1)
        #expect(pending.next()?.table == 0)
        #expect(pending.next()?.table == 1)
    }

    @Test("what was put aside for the holder keeps its table taken while he is at it")
    func holder() {
        var pending = PendingUnits(Self.units([(3, 10), (2, 1)]))
        let aside = pending.next()
        #expect(aside?.table == 0)
        pending.leave(0)
        pending.enter(0)
        #expect(pending.next()?.table == 1)
    }

    @Test("whatever the order of events, every piece is handed out once", arguments: 0..<20)
    func complete(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let all = Self.units(
            (0..<8).map { _ in (Int.random(in: 1...5, using: &random), Int64.random(in: 1...9, using: &random)) })
        var pending = PendingUnits(all)
        var begun: [CopyPlan.Unit] = []
        var working: [CopyPlan.Unit] = []
        while !pending.isEmpty || !working.isEmpty {
            if working.count < 3, let unit = pending.next() {
                begun.append(unit)
                working.append(unit)
            } else {
                pending.leave(working.remove(at: Int.random(in: working.indices, using: &random)).table)
            }
        }
        #expect(begun.count == all.count && Set(begun) == Set(all))
    }
}
