import Operations
import Postgres

/// What becomes of a table that was a partition: it is kept, dropped, or archived and then dropped.
struct Retirement: Sendable {
    let site: PartitionSite
    let archiving: (any PartitionArchiving)?
    let table: MarkedTable
    let parent: PartitionedTable
    let leaves: [RetiredTable.Leaf]
    let isResumed: Bool

    private var request: PartitionRequest { site.request }

    func run(_ action: PartitionDeclaration.Expiry, _ entry: inout RetainedPartition) async throws {
        switch action {
        case .detach:
            try await site.connection.run { session in try table.replaceMark(with: nil, in: session) }
            request.onEvent(.note("\(table.label) is detached, and kept"))
        case .drop:
            try await removal(table).run(comparing: nil)
            entry.state = .dropped
        case .archive: try await archive(&entry)
        }
    }

    private func removal(_ table: MarkedTable) -> PartitionRemoval {
        PartitionRemoval(request: request, connection: site.connection, table: table, parent: parent)
    }

    private func archive(_ entry: inout RetainedPartition) async throws {
        guard let archiving else { throw ArchiveReadiness.missing(parent.label) }
        request.onEvent(.note("\(table.label): \(archiving.sentence)"))
        let archived = try await archiving.archive(
            RetiredTable(
                label: table.label, leaves: leaves, since: table.mark.since, isResumed: isResumed,
                set: table.mark.set))
        (entry.set, entry.rows, entry.checksum) = (archived.set, archived.rows, archived.checksum)
        await record(archived)
        var proven = table
        proven.mark.set = archived.set
        if proven != table {
            try await site.connection.run { [proven] session in
                try proven.replaceMark(with: proven.mark, in: session)
            }
        }
        try await removal(proven).run(comparing: archived.difference)
        entry.state = .archived
        request.onEvent(.note("\(table.label) is dropped; its \(archived.rows) rows are in \(archived.set)"))
    }

    /// A row of its own in `dbctl.operations`: the counts of the run have no room for a path.
    private func record(_ archived: ArchivedTable) async {
        let log = OperationLog(clock: request.clock)
        var run = request.run
        run.arguments = [table.label, archived.set, "run \(run.id)"]
        run.command = "partition archive"
        run.id = .make(at: request.clock)
        let counts = ["rows": archived.rows, "size_bytes": archived.sizeBytes]
        do {
            try await site.connection.run { [run] session in
                guard try log.state(in: session) == .writable else { return }
                try log.begin(run, in: session)
                try log.finish(run, failure: nil, counts: counts, in: session)
            }
        } catch {
            request.onEvent(.note("the archive is whole, and was not noted in dbctl.operations: \(error)"))
        }
    }
}
