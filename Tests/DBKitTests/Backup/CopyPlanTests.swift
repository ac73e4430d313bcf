import DBKit
import Testing

@testable import Backup

/// The work list, decided from facts alone.
@Suite struct CopyPlanTests {
    private func relation(_ oid: UInt32, _ name: String, kind: DatabaseFacts.Relation.Kind = .table)
        -> DatabaseFacts.Relation
    {
        func text(_ value: String) -> DatabaseFacts.Name { .init(text: value, bytes: Array(value.utf8)) }
        return DatabaseFacts.Relation(
            oid: oid, schema: text("public"), name: text(name), owner: [], kind: kind, isUnlogged: name == "unlogged",
            isHeap: true, hidesRows: false, isReadable: true, holdsUserData: true)
    }

    private func plan(
        _ facts: DatabaseFacts, excluded: [String] = [], isStandby: Bool = false, format: CopyFormatChoice = .auto
    ) throws -> CopyPlan {
        CopyPlan(
            facts, archived: Set(facts.relations.map(\.oid)), format: format,
            excluded: try excluded.map { try TablePattern($0) }, isStandby: isStandby)
    }

    @Test("the pieces of a table cover every block once, and the last has no upper bound")
    func chunks() throws {
        var facts = DatabaseFacts()
        facts.relations = [relation(1, "t")]
        var plan = try plan(facts)
        for pages in [0, 1, 99, 100, 101, 199, 200, 201, 1000, 12_345] as [Int64] {
            plan.tables[0].size = CopyPlan.Size(pages: pages, bytes: pages * 8192)
            let units = plan.units(chunkPages: 100).sorted { $0.chunk < $1.chunk }
            guard units.count > 1 else {
                #expect(pages < 200)
                #expect(units[0].blocks == nil)
                continue
            }
            #expect(units.first?.blocks?.lower == 0)
            #expect(units.last?.blocks?.upper == nil)
            for (left, right) in zip(units, units.dropFirst()) { #expect(left.blocks?.upper == right.blocks?.lower) }
        }
    }

    @Test("the biggest work goes first")
    func order() throws {
        var facts = DatabaseFacts()
        facts.relations = (1...4).map { relation($0, "t\($0)") }
        var plan = try plan(facts)
        for (index, pages) in ([10, 1000, 50, 300] as [Int64]).enumerated() {
            plan.tables[index].size = CopyPlan.Size(pages: pages, bytes: pages * 8192)
        }
        let weights = plan.units(chunkPages: 100).map(\.weight)
        #expect(weights == weights.sorted(by: >))
        #expect(weights.count == 1 + 10 + 1 + 3)
    }

    @Test("excluded, foreign and, on a standby, unlogged tables are listed, not silently missing")
    func omissions() throws {
        var facts = DatabaseFacts()
        facts.relations = [
            relation(1, "audit"), relation(2, "remote", kind: .foreignTable), relation(3, "unlogged"),
            relation(4, "kept"),
        ]
        let plan = try plan(facts, excluded: ["aud*"], isStandby: true)
        #expect(plan.tables.map(\.relation.name.text) == ["kept"])
        #expect(plan.omitted.map(\.reason) == [.excluded, .foreignTable, .unloggedOnStandby])
    }

    @Test("a table of an extension's configuration comes behind those that it points to")
    func predecessors() throws {
        var facts = DatabaseFacts()
        facts.relations = [relation(1, "child"), relation(2, "parent")]
        facts.configurationTables = [
            .init(oid: 1, extensionOID: 9, condition: nil, predecessors: [2]),
            .init(oid: 2, extensionOID: 9, condition: nil, predecessors: []),
        ]
        #expect(try plan(facts).tables.map(\.relation.oid) == [2, 1])
    }
}
