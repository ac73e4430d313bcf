// Out of the lock table: who is in whose way.

import Foundation
import Postgres
import Testing

@testable import Triage

@Suite("Waits are read off the lock table") struct LockTableTests {
    private func entry(
        _ pid: Int32?, _ mode: LockMode, waiting since: Double? = nil, on target: String = "t",
        transaction: String? = nil, blockers: [Int32]? = nil
    ) -> LockTable.Entry {
        LockTable.Entry(
            target: target, lockType: "relation", mode: mode.name, isGranted: since == nil, pid: pid,
            transactionId: transaction, waitStart: since.map { Scene.now - $0 }, blockers: blockers)
    }

    private func edges(_ table: LockTable) -> [Int32: [LockHolder]] {
        Dictionary(uniqueKeysWithValues: table.waits().map { ($0.pid, $0.blockers) })
    }

    @Test("readers queue behind a waiting ACCESS EXCLUSIVE, and not behind the reader that it waits for")
    func softBlocking() {
        let table = LockTable(entries: [
            entry(1, .accessShare), entry(3, .accessShare, waiting: 5), entry(2, .accessExclusive, waiting: 10),
            entry(4, .accessShare, waiting: 4),
        ])
        #expect(edges(table) == [2: holders([1]), 3: holders([2]), 4: holders([2])])
    }

    @Test("what does not exclude each other does not queue: two weak wishes, and those on other tables")
    func independent() {
        let table = LockTable(entries: [
            entry(1, .exclusive), entry(2, .rowShare, waiting: 9), entry(3, .rowShare, waiting: 8),
            entry(9, .accessExclusive, on: "u"), entry(4, .accessShare, waiting: 7, on: "u"),
        ])
        #expect(edges(table) == [2: holders([1]), 3: holders([1]), 4: holders([9])])
    }

    @Test("a long queue for the same keeps few edges and the same root and victims")
    func long() {
        var entries = [entry(1, .rowExclusive)]
        for pid in 2...601 { entries.append(entry(Int32(pid), .accessExclusive, waiting: Double(1000 - pid))) }
        for pid in 602...700 { entries.append(entry(Int32(pid), .accessShare, waiting: Double(1000 - pid))) }
        let waits = LockTable(entries: entries.reversed()).waits()
        #expect(waits.map(\.blockers.count).reduce(0, +) < 2000)
        let tree = LockTree(waits)
        #expect(tree.roots.map(\.holders) == [holders([1])])
        #expect(tree.roots.first?.victims.count == 699)
    }

    @Test("the server's own answer wins over the rules: only it knows the order of the queue")
    func told() {
        let table = LockTable(entries: [
            entry(1, .accessShare), entry(2, .accessExclusive, waiting: 3, blockers: [1, 7]),
            entry(3, .accessShare, waiting: 9, blockers: [2]),
        ])
        #expect(edges(table) == [2: holders([1, 7]), 3: holders([2])])
    }

    @Test("a prepared transaction, which the server calls 0, gets its name back, P6", arguments: [true, false])
    func prepared(_ isTold: Bool) {
        var table = LockTable(entries: [
            entry(nil, .accessShare, transaction: "41"), entry(nil, .rowExclusive, transaction: "42"),
            entry(5, .share, waiting: 1, blockers: isTold ? [0] : nil),
        ])
        table.gids = ["41": "harmless", "42": "guilty"]
        #expect(edges(table) == [5: [LockHolder(pid: 0, gid: "guilty")]])
    }

    @Test("a parallel worker waits and holds for its leader, and never for itself")
    func workers() {
        var table = LockTable(entries: [
            entry(10, .accessExclusive), entry(21, .accessShare, waiting: 2), entry(31, .exclusive, on: "u"),
            entry(22, .share, waiting: 1, on: "u"), entry(20, .share, on: "v"),
            entry(21, .exclusive, waiting: 1, on: "v"),
        ])
        table.leaders = [21: 20, 22: 20, 31: 30]
        let waits = table.waits()
        #expect(Set(waits.map(\.pid)) == [20])
        #expect(Set(waits.flatMap(\.blockers)) == Set(holders([10, 30])))
    }

    @Test("the modes exclude each other as the manual says, both ways")
    func conflicts() {
        let counts = LockMode.allCases.map { mode in LockMode.allCases.count { mode.conflicts(with: $0) } }
        #expect(counts == [1, 2, 4, 5, 5, 6, 7, 8])
        for one in LockMode.allCases {
            for other in LockMode.allCases { #expect(one.conflicts(with: other) == other.conflicts(with: one)) }
        }
    }
}
