/// An archive's dependencies, made fit for working on several entries at once.
struct DependencyGraph {
    private var entries: [DumpID: ArchiveEntry] = [:]
    private var dataOfTable: [DumpID: DumpID] = [:]
    /// Partition to partitioned table, from the TABLE ATTACH entries.
    private var parent: [DumpID: DumpID] = [:]
    /// Root of a partition tree to the data that are routed through it.
    private var routed: [DumpID: Set<DumpID>] = [:]
    private var children: [DumpID: Set<DumpID>] = [:]

    init(_ toc: ArchiveTOC) {
        for entry in toc.entries { entries[entry.dumpID] = entry }
        for entry in toc.entries {
            switch entry.kind {
            case .tableData:
                if let table = table(of: entry) { dataOfTable[table] = entry.dumpID }
            case "TABLE ATTACH":
                let pair = entry.dependencies.filter { entries[$0]?.kind == .table }
                guard pair.count == 2 else { continue }
                // pg_dump writes the partition before its parent; the entry has the partition's own name.
                let isSwapped = pair[0] != pair[1] && !names(entry, pair[0]) && names(entry, pair[1])
                let (below, above) = isSwapped ? (pair[1], pair[0]) : (pair[0], pair[1])
                parent[below] = above
                children[above, default: []].insert(below)
            default: break
            }
        }
        for entry in toc.entries where entry.kind == .tableData && entry.isRoutedThroughRoot {
            guard let table = table(of: entry) else { continue }
            routed[root(of: table), default: []].insert(entry.dumpID)
        }
    }

    /// What must be done before the entry.
    func prerequisites(of entry: ArchiveEntry) -> Set<DumpID> {
        guard entry.section == .postData else { return Set(entry.dependencies) }
        var needs: Set<DumpID> = []
        for id in entry.dependencies {
            // An index waits for its table's data, not only for the table.
            needs.insert(dataOfTable[id] ?? id)
            guard entries[id]?.kind == .table else { continue }
            // Rows that are routed can land in any partition of the tree.
            needs.formUnion(routed[root(of: id)] ?? [])
            for partition in descendants(of: id) {
                if let data = dataOfTable[partition] { needs.insert(data) }
            }
        }
        return needs
    }

    /// Tables that the entry locks against everything else. CREATE INDEX shares; the rest of the post-data entries
    /// are ALTER TABLE or as strong.
    func exclusiveLocks(of entry: ArchiveEntry) -> Set<DumpID> {
        guard entry.section == .postData, entry.kind != "INDEX" else { return [] }
        return Set(
            entry.dependencies.filter { entries[$0]?.kind == .table || entries[$0]?.kind == .tableData }
                .map { dataOfTable[$0] ?? $0 })
    }

    private func names(_ entry: ArchiveEntry, _ table: DumpID) -> Bool {
        entries[table]?.tag == entry.tag && entries[table]?.namespace == entry.namespace
    }

    private func table(of data: ArchiveEntry) -> DumpID? {
        data.dependencies.first { id in
            guard let kind = entries[id]?.kind else { return false }
            return kind == .table || kind == "FOREIGN TABLE"
        }
    }

    private func root(of table: DumpID) -> DumpID {
        var root = table
        var seen: Set<DumpID> = [table]
        while let above = parent[root], seen.insert(above).inserted { root = above }
        return root
    }

    private func descendants(of table: DumpID) -> Set<DumpID> {
        var found: Set<DumpID> = []
        var next = [table]
        while let one = next.popLast() {
            for child in children[one] ?? [] where found.insert(child).inserted { next.append(child) }
        }
        return found
    }
}

extension ArchiveEntry {
    private static let rootMarker = "-- load via partition root "

    /// TABLE DATA whose COPY names the root of a partition tree: the rows find their partition again.
    var isRoutedThroughRoot: Bool { definition?.hasPrefix(Self.rootMarker) == true }
}
