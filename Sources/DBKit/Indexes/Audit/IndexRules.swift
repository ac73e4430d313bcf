import Foundation
import Operations

/// What is wrong with the indexes that are there. Pure.
struct IndexRules: Sendable {
    let facts: AuditFacts
    /// The share of an index that may be empty.
    let bloat: Double
    var now = Date()

    var findings: [AuditFinding] {
        let (doubled, survivors) = superfluous
        let told = Set(doubled.map(\.object))
        // What stays in the place of others has their queries to come, and one that serves a foreign key has work without
        // a scan.
        let free = unused.filter { !told.contains($0.label) && !survivors.contains($0.oid) && !servesForeignKey($0) }
        return invalid + doubled + unusedFindings(free) + neverHot + bloated
    }

    /// What another index makes superfluous, and the indexes that stay for it.
    private var superfluous: (findings: [AuditFinding], survivors: Set<Int64>) {
        let doubled = duplicates
        let gone = Set(doubled.map(\.index.oid))
        let covered = redundant.filter { !gone.contains($0.index.oid) }
        let survivors = (doubled + covered).map(\.survivor.oid)
        return (
            doubled.map { drop(.duplicate, $0.index, "it is the same as \($0.survivor.label)") }
                + covered.map { drop(.redundant, $0.index, "\($0.survivor.label) serves every query that it serves") },
            Set(survivors)
        )
    }

    private func servesForeignKey(_ index: TableIndex) -> Bool {
        facts.foreignKeys.contains { key in
            key.tableOID == index.tableOID
                && Set(index.definition.keys.prefix(key.columns.count).map(\.text)) == Set(key.columns)
        }
    }

    /// Which nothing but queries needs.
    private var free: [TableIndex] {
        facts.indexes.filter { $0.isUsable && (try? $0.refuseNeeded()) != nil }
    }

    private var invalid: [AuditFinding] {
        facts.indexes.filter { $0.needsRepair && !facts.building.contains($0.tableOID) }.map { index in
            let remedy = RepairPlan.remedy(of: index, build: nil)
            let rows = index.rejectsWriters && index.isLeftover ? "; being unique, it rejects rows all the same" : ""
            return finding(
                .invalid, index, remedy.why + rows,
                index.wasInUse ? "dbctl index drop \(ShellWord.quoted(index.label))" : "dbctl index repair")
        }
    }

    private struct Pair {
        var index: TableIndex
        var survivor: TableIndex
    }

    /// Of equivalent ones, one stays: what a constraint or a partitioned index needs, else what is read most.
    private var duplicates: [Pair] {
        let free = Set(free.map(\.oid))
        var told: Set<Int64> = []
        return Dictionary(grouping: facts.indexes.filter(\.isUsable), by: \.tableOID).values.flatMap { indexes in
            indexes.flatMap { index -> [Pair] in
                guard !told.contains(index.oid) else { return [] }
                let same = indexes.filter { $0.definition.isEquivalent(to: index.definition) }
                guard same.count > 1 else { return [] }
                told.formUnion(same.map(\.oid))
                let kept = same.first { !free.contains($0.oid) } ?? same.max { $0.scans < $1.scans } ?? index
                return same.filter { $0.oid != kept.oid && free.contains($0.oid) }.map {
                    Pair(index: $0, survivor: kept)
                }
            }
        }
        .sorted { $0.index.label < $1.index.label }
    }

    private var redundant: [Pair] {
        free.filter { !$0.definition.isUnique }.compactMap { index in
            let wider = facts.indexes.filter {
                $0.tableOID == index.tableOID && $0.oid != index.oid && $0.isUsable
                    && IndexVerdict(of: $0.definition, for: index.definition) == .covers
            }
            // The widest is made superfluous by none of the others.
            return wider.max { $0.definition.keys.count < $1.definition.keys.count }.map {
                Pair(index: index, survivor: $0)
            }
        }
    }

    private var asked: [StandbyScans] { facts.copies.filter { $0.answer == .counted } }

    private var unused: [TableIndex] {
        free.filter { index in
            index.scans == 0 && !index.definition.isUnique && asked.allSatisfy { $0.scans[index.oid] == nil }
        }
    }

    private func unusedFindings(_ indexes: [TableIndex]) -> [AuditFinding] {
        let since = ([facts.server.countedSince] + asked.map(\.countedSince)).max() ?? now
        let age = now.timeIntervalSince(since)
        var why = "no query has used it since \(since.formatted(.iso8601))"
        if age < Self.shortestCount { why += ", which is \(Self.spelled(age)) ago: too short a time to drop it" }
        if !asked.isEmpty { why += "; its copies were asked: \(asked.map(\.name).joined(separator: ", "))" }
        if facts.standbys > asked.count { why += "; what other standbys read is not counted here: look there too" }
        if facts.server.isStandby, asked.isEmpty {
            why += "; this is a standby, and what the primary reads is not counted here: look there too"
        }
        return indexes.map { drop(.unused, $0, why) }
    }

    /// Jobs of the end of a week have run by then.
    private static let shortestCount = 8 * 86_400.0

    private static func spelled(_ seconds: Double) -> String {
        switch seconds {
        case ..<5400: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(seconds / 86_400)) days"
        }
    }

    /// Where every update has to be written into every index, one of them contains a column that is updated. Which one, no
    /// statistics tell.
    private var neverHot: [AuditFinding] {
        facts.tables.compactMap { table in
            guard table.updates >= 1000, Double(table.hotUpdates) < Double(table.updates) * 0.1 else { return nil }
            let candidates = free.filter { $0.tableOID == table.oid }.sorted { $0.scans < $1.scans }
            guard !candidates.isEmpty else { return nil }
            let named = candidates.prefix(5).map { "\($0.label) (\($0.scans) scans)" }.joined(separator: ", ")
            return AuditFinding(
                kind: .neverHot, object: table.label, sizeBytes: candidates.map(\.sizeBytes).reduce(0, +),
                why:
                    "of \(table.updates) updates only \(table.hotUpdates) were HOT, the others wrote into every index: an index contains a column that is updated, or the pages have no room (fillfactor). It may be one of these: \(named)",
                command: "dbctl index list \(ShellWord.quoted(table.label))")
        }
    }

    private var bloated: [AuditFinding] {
        facts.indexes.compactMap { index in
            guard let found = facts.bloat[index.oid], found.share >= bloat else { return nil }
            let share = bloat == IndexBloat.tooMuch ? "" : " --bloat \(Int(bloat * 100))%"
            return finding(.bloated, index, found.why, "dbctl index repair\(share)")
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
