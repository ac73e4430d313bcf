import TestSupport
import Testing

@testable import Backup

@Suite struct WorkQueueTests {
    static func entry(
        _ id: Int32, _ kind: ArchiveEntry.Kind, _ section: ArchiveEntry.Section, _ dependencies: [Int32] = [],
        tag: String? = nil, marker: Bool = false
    ) -> ArchiveEntry {
        ArchiveEntry(
            dumpID: .init(rawValue: id), hasData: kind == .tableData, tag: ArchiveText(tag ?? "o\(id)"), kind: kind,
            section: section, definition: marker ? "-- load via partition root x" : "SQL", namespace: "public",
            dependencies: dependencies.map { .init(rawValue: $0) })
    }

    static func plan(_ entries: [ArchiveEntry], chunks: [Int32: Int] = [:]) -> RestorePlan {
        var toc = ArchiveTOC.sample(.dump12)
        toc.entries = entries
        return RestorePlan(
            of: toc, scope: .all, chunks: { Array(0..<(chunks[$0.dumpID.rawValue] ?? 1)) },
            bytes: { $0.hasData ? 10 : 0 })
    }

    static func drain(_ plan: RestorePlan) -> [Int32] {
        var queue = WorkQueue(plan.items)
        var order: [Int32] = []
        while let item = queue.next() {
            order.append(item.id.entry.rawValue)
            queue.finish(item.id)
        }
        #expect(queue.isDone)
        return order
    }

    @Test("an index waits for the data of its table, and for those of every partition below it")
    func indexAfterData() {
        let plan = Self.plan([
            Self.entry(1, .table, .preData, tag: "root"), Self.entry(2, .table, .preData, tag: "part"),
            Self.entry(3, "TABLE ATTACH", .preData, [2, 1], tag: "part"), Self.entry(4, .tableData, .data, [2]),
            Self.entry(5, "INDEX", .postData, [1]), Self.entry(6, "INDEX", .postData, [2]),
        ])
        #expect(plan.definitions.map(\.dumpID.rawValue) == [1, 2, 3])
        #expect(Self.drain(plan).first == 4)
        var queue = WorkQueue(plan.items)
        #expect(queue.next()?.id.entry.rawValue == 4)
        #expect(queue.next() == nil)
    }

    @Test("rows that are routed through a root can land in any partition: all their indexes wait for all of them")
    func routed() {
        let plan = Self.plan([
            Self.entry(1, .table, .preData, tag: "root"), Self.entry(2, .table, .preData, tag: "a"),
            Self.entry(3, .table, .preData, tag: "b"), Self.entry(4, "TABLE ATTACH", .preData, [2, 1], tag: "a"),
            Self.entry(5, "TABLE ATTACH", .preData, [3, 1], tag: "b"),
            Self.entry(6, .tableData, .data, [2], marker: true), Self.entry(7, .tableData, .data, [3], marker: true),
            Self.entry(8, "INDEX", .postData, [2]),
        ])
        let index = plan.items.first { $0.id.entry.rawValue == 8 }
        #expect(Set(index?.needs.map(\.entry.rawValue) ?? []) == [6, 7])
    }

    @Test("chunks of a table are loaded side by side, and its index waits for the last of them")
    func chunks() {
        let plan = Self.plan(
            [
                Self.entry(1, .table, .preData), Self.entry(2, .tableData, .data, [1]),
                Self.entry(3, "INDEX", .postData, [1]),
            ],
            chunks: [2: 3])
        var queue = WorkQueue(plan.items)
        let chunks = [queue.next(), queue.next(), queue.next()].compactMap { $0 }
        #expect(chunks.compactMap(\.id.chunk).sorted() == [0, 1, 2])
        #expect(queue.next() == nil)
        for chunk in chunks.dropLast() { queue.finish(chunk.id) }
        #expect(queue.next() == nil)
        queue.finish(chunks[2].id)
        let join = queue.next()
        #expect(join?.action == .join(Self.entry(2, .tableData, .data, [1])))
        queue.finish(.init(entry: .init(rawValue: 2), chunk: nil))
        #expect(queue.next()?.id.entry.rawValue == 3)
    }

    @Test("two constraints on one table never run at once; two indexes do")
    func exclusive() {
        let base = [Self.entry(1, .table, .preData), Self.entry(2, .table, .preData)]
        var constraints = WorkQueue(
            Self.plan(
                base + [
                    Self.entry(3, "CONSTRAINT", .postData, [1]), Self.entry(4, "FK CONSTRAINT", .postData, [1, 2]),
                ]
            )
            .items)
        #expect(constraints.next() != nil)
        #expect(constraints.next() == nil)
        var indexes = WorkQueue(
            Self.plan(base + [Self.entry(3, "INDEX", .postData, [1]), Self.entry(4, "INDEX", .postData, [1])]).items)
        #expect(indexes.next() != nil)
        #expect(indexes.next() != nil)
    }

    @Test("grants, refreshes, publications and event triggers come in passes, whatever their place in the archive")
    func passes() {
        let plan = Self.plan([
            Self.entry(1, .table, .preData), Self.entry(2, .acl, .none, [1]),
            Self.entry(3, "EVENT TRIGGER", .postData),
            Self.entry(4, .comment, .none, [3], tag: "EVENT TRIGGER x"), Self.entry(5, "PUBLICATION", .postData),
            Self.entry(6, .materializedViewData, .postData, [1]), Self.entry(7, .tableData, .data, [1]),
            Self.entry(8, "INDEX", .postData, [1]),
        ])
        // Event triggers have a transaction of their own, after all others.
        #expect(Self.drain(plan) == [7, 8, 2, 6, 5])
        #expect(plan.last.map(\.dumpID.rawValue) == [3, 4])
    }

    @Test("a circle is broken in the archive's order")
    func circle() {
        #expect(
            Self.drain(Self.plan([Self.entry(1, "RULE", .postData, [2]), Self.entry(2, "RULE", .postData, [1])])) == [
                1, 2,
            ])
    }

    @Test("what the database is made with, and ENCODING and the like, are no part of the work")
    func selection() {
        let plan = Self.plan([
            Self.entry(1, .encoding, .preData), Self.entry(2, .database, .preData),
            Self.entry(3, .databaseProperties, .preData), Self.entry(4, .acl, .none, tag: "DATABASE x"),
            Self.entry(5, .comment, .none, tag: "DATABASE x"),
        ])
        #expect(plan.definitions.isEmpty)
        #expect(plan.items.isEmpty)
    }

    @Test("whatever the graph, each item runs once, after what it needs and never beside a rival", arguments: 0..<30)
    func property(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var entries = (1...8).map { Self.entry($0, .table, .preData) }
        entries += (9...14).map { Self.entry($0, .tableData, .data, [$0 - 8]) }
        for id in Int32(15)...60 {
            let kind: ArchiveEntry.Kind = ["INDEX", "CONSTRAINT", "FK CONSTRAINT", .acl, .materializedViewData][
                random.below(5)]
            let needs = (0..<random.below(4)).map { _ in Int32(1 + random.below(Int(id) - 1)) }
            entries.append(Self.entry(id, kind, .postData, needs))
        }
        let plan = Self.plan(entries, chunks: [9: 4, 10: 2])
        let items = Dictionary(uniqueKeysWithValues: plan.items.map { ($0.id, $0) })
        var queue = WorkQueue(plan.items)
        var running: [WorkItem] = []
        var done: Set<WorkItem.ID> = []
        while !queue.isDone {
            if running.count < 4, let item = queue.next() {
                // A need of a later pass cannot be met: an archive that has one is as good as circular.
                let met = item.needs.filter { (items[$0]?.pass ?? .main) <= item.pass }
                if item.pass != .eventTriggers { #expect(met.allSatisfy(done.contains) || !plan.isLayered) }
                for other in running {
                    #expect(item.exclusiveLocks.isDisjoint(with: other.locks.union(other.exclusiveLocks)))
                }
                running.append(item)
            } else {
                let item = running.remove(at: random.below(running.count))
                #expect(done.insert(item.id).inserted)
                queue.finish(item.id)
            }
        }
        #expect(done.count == plan.items.count)
    }
}

extension RestorePlan {
    /// No item needs one of a later pass, as in every archive that pg_dump writes.
    var isLayered: Bool {
        let pass = Dictionary(uniqueKeysWithValues: items.map { ($0.id, $0.pass) })
        return items.allSatisfy { item in item.needs.allSatisfy { (pass[$0] ?? .main) <= item.pass } }
    }
}
