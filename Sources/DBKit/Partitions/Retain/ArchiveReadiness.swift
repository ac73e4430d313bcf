import Foundation
import Operations
import Postgres

/// Whether the rows of a set can be archived, looked at before any partition of it is detached: whoever cannot keep them
/// takes none of them away.
struct ArchiveReadiness: Sendable {
    let survey: RetainSurvey
    let facts: [Int64: RetainFacts]
    let archiving: (any PartitionArchiving)?

    /// - Throws: `partition.no_archive`, or what the archive lacks.
    func check() async throws {
        let tables = tables
        guard survey.expiry.action == .archive, !tables.isEmpty else { return }
        guard let archiving else { throw Self.missing(survey.table.label) }
        do {
            try await archiving.check(tables)
        } catch {
            var failure = Failure(describing: error)
            guard !failure.endsAll else { throw failure }
            failure.message = "the partitions of \(survey.table.label) cannot be archived: \(failure.message)"
            failure.add(detail: "None of them was detached for it.")
            throw failure
        }
    }

    private var tables: [RetiredTable] {
        let begun = survey.unfinished.filter { $0.mark.isExpired(survey.cut, key: survey.table.key.type) }
        return begun.map { table in
            RetiredTable(
                label: table.label, leaves: leaves(table.oid), since: table.mark.since, isResumed: true,
                set: table.mark.set)
        }
            + survey.plan.expired.map { partition in
                RetiredTable(
                    label: partition.label, leaves: leaves(partition.oid), since: .now, isResumed: false,
                    set: nil)
            }
    }

    private func leaves(_ oid: Int64) -> [RetiredTable.Leaf] { facts[oid]?.leaves ?? [] }

    static func missing(_ label: String) -> Failure {
        Failure(
            .partitionNoArchive,
            "the partitions of \(label) are to be archived, and there is no repository to archive them in",
            detail: "Nothing of it was changed.", hint: "set backup.repo in dbctl.yaml, or give --repo")
    }
}
