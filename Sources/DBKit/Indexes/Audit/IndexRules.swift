import Foundation
import Operations

/// What is wrong with the indexes that are there. Pure.
struct IndexRules: Sendable {
    let facts: AuditFacts
    /// The share of an index that may be empty.
    let bloat: Double

    var findings: [AuditFinding] {
        let doubled = duplicates + redundant
        let told = Set(doubled.map(\.object))
        return invalid + doubled + unused.filter { !told.contains($0.object) } + neverHot + bloated
    }

    /// Which nothing but queries needs.
    private var free: [TableIndex] {
        facts.indexes.filter { $0.isUsable && (try? $0.refuseNeeded()) != nil }
    }

    private var invalid: [AuditFinding] {
        facts.indexes.filter { $0.isLeftover && !facts.building.contains($0.tableOID) }.map { index in
            let remedy = RepairPlan.remedy(of: index, build: nil)
            let rows = index.rejectsWriters ? "; being unique, it rejects rows all the same" : ""
            return finding(.invalid, index, remedy.why + rows, "dbctl index repair")
        }
    }

    /// Of equivalent ones, one stays: what a constraint or a partitioned index needs, else what is read most.
    private var duplicates: [AuditFinding] {
        let free = Set(free.map(\.oid))
        var told: Set<Int64> = []
        return Dictionary(grouping: facts.indexes.filter(\.isUsable), by: \.tableOID).values.flatMap { indexes in
            indexes.flatMap { index -> [AuditFinding] in
                guard !told.contains(index.oid) else { return [] }
                let same = indexes.filter { $0.definition.isEquivalent(to: index.definition) }
                guard same.count > 1 else { return [] }
                told.formUnion(same.map(\.oid))
                let kept = same.first { !free.contains($0.oid) } ?? same.max { $0.scans < $1.scans } ?? index
                return same.filter { $0.oid != kept.oid && free.contains($0.oid) }.map {
                    drop(.duplicate, $0, "it is the same as \(kept.label)")
                }
            }
        }
        .sorted { $0.object < $1.object }
    }

    private var redundant: [AuditFinding] {
        free.filter { !$0.definition.isUnique }.compactMap { index in
            let wider = facts.indexes.first {
                $0.tableOID == index.tableOID && $0.oid != index.oid && $0.isUsable
                    && IndexVerdict(of: $0.definition, for: index.definition) == .covers
            }
            return wider.map { drop(.redundant, index, "\($0.label) serves every query that it serves") }
        }
    }

    private var unused: [AuditFinding] {
        let since = facts.countedSince.formatted(.iso8601.year().month().day())
        let elsewhere = facts.hasStandbys ? "; what the standbys read is not counted here: look there too" : ""
        return free.filter { $0.scans == 0 && !$0.definition.isUnique }.map {
            drop(.unused, $0, "no query has used it since \(since)\(elsewhere)")
        }
    }

    /// Where every update has to be written into every index, the index that is read least is the one to think about.
    private var neverHot: [AuditFinding] {
        facts.tables.compactMap { table in
            guard table.updates >= 1000, Double(table.hotUpdates) < Double(table.updates) * 0.1 else { return nil }
            let least = free.filter { $0.tableOID == table.oid }.min { $0.scans < $1.scans }
            return least.map {
                drop(
                    .neverHot, $0,
                    "of \(table.updates) updates of \(table.label) only \(table.hotUpdates) were HOT, the others wrote into every index; this one is read least (\($0.scans) scans), and goes if its columns are among those that are updated"
                )
            }
        }
    }

    private var bloated: [AuditFinding] {
        facts.indexes.compactMap { index in
            guard let found = facts.bloat[index.oid], found.share >= bloat else { return nil }
            return finding(.bloated, index, found.why, "dbctl index repair --bloat \(Int(bloat * 100))%")
        }
    }

    private func drop(_ kind: AuditFinding.Kind, _ index: TableIndex, _ why: String) -> AuditFinding {
        finding(kind, index, why, "dbctl index drop \(ShellWord.quoted(index.label))")
    }

    private func finding(
        _ kind: AuditFinding.Kind, _ index: TableIndex, _ why: String, _ command: String
    ) -> AuditFinding {
        AuditFinding(kind: kind, object: index.label, sizeBytes: index.sizeBytes, why: why, command: command)
    }
}
