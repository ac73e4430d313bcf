/// What `--data-only` takes of an archive: rows, sequence values, large objects, and what views have computed. Pure.
struct RowsExcerpt {
    /// TABLE DATA, in the archive's order.
    let loads: [ArchiveEntry]
    let sequences: [ArchiveEntry]
    /// Large objects: made, described and filled, in the archive's order.
    let largeObjects: [ArchiveEntry]
    let views: [ArchiveEntry]

    /// - Parameter entries: of the archive, or of the tables that were asked for.
    init(_ entries: [ArchiveEntry]) {
        let found = entries.filter(RestoreSelection(scope: .dataOnly).takes)
        loads = found.filter { $0.kind == .tableData }
        sequences = found.filter { $0.kind == .sequenceSet }
        views = found.filter { $0.kind == .materializedViewData }
        let others: Set<ArchiveEntry.Kind> = [.tableData, .sequenceSet, .materializedViewData]
        largeObjects = found.filter { !others.contains($0.kind) }
    }

    var all: [ArchiveEntry] { loads + largeObjects + sequences + views }

    /// Where the rows of an entry go, by its COPY statement, which may name the root of a partition tree.
    static func target(of load: ArchiveEntry) -> CopyTarget? { load.copyStatement.flatMap(CopyTarget.init) }

    static func table(of load: ArchiveEntry) -> RelationName { target(of: load)?.table ?? RelationName(load) }
}
