/// What a restore does, in which order, and what may be done at the same time. A pure function of the archive.
///
/// First the definitions, in the archive's own order over one connection; then a graph of ``WorkItem``s for all; in the
/// end what would fire on every statement of the restore itself.
struct RestorePlan {
    /// Before any data, one after the other.
    var definitions: [ArchiveEntry] = []
    /// Data, indexes, constraints and everything after; for ``WorkQueue``.
    var items: [WorkItem] = []
    /// In one transaction, after all others.
    var last: [ArchiveEntry] = []
    /// Tables that the restore makes: they are empty, and nobody else uses them.
    private(set) var ownTables: Set<DumpID> = []
    /// What was done before, by another run.
    private(set) var skipped = RestoreSkipped()

    /// - Parameters:
    ///   - chunks: how a table's data are cut, by its TABLE DATA entry; empty for those that are loaded in one piece.
    ///   - bytes: size of an entry's data, to begin with the largest.
    init(
        of toc: ArchiveTOC, scope: RestoreRequest.Scope, chunks: (ArchiveEntry) -> [Int],
        bytes: (ArchiveEntry) -> Int64
    ) {
        let selection = RestoreSelection(scope: scope)
        let graph = DependencyGraph(toc)
        var isAmongDefinitions = true
        var sizes: [DumpID: Int64] = [:]
        for entry in toc.entries {
            // Entries without a section (comments, grants) belong to the definitions while those last.
            if entry.section == .data || entry.section == .postData { isAmongDefinitions = false }
            guard selection.takes(entry) else { continue }
            let pass = RestoreSelection.pass(of: entry)
            if isAmongDefinitions || entry.section == .preData, pass == .main {
                definitions.append(entry)
                if entry.kind == .table { ownTables.insert(entry.dumpID) }
                continue
            }
            guard pass != .eventTriggers else {
                last.append(entry)
                continue
            }
            let size = bytes(entry)
            sizes[entry.dumpID] = size
            items += Self.items(
                for: entry, pass: pass, chunks: chunks(entry), size: size,
                prerequisites: graph.prerequisites(of: entry), exclusive: graph.exclusiveLocks(of: entry))
        }
        weigh(by: sizes)
        dropUnknownPrerequisites()
    }

    /// Without what is there already.
    ///
    /// - Parameter bytes: size of a chunk.
    func leaving(out done: RestoreDone, bytes: (ArchiveEntry, Int) -> Int64) -> RestorePlan {
        var rest = self
        rest.definitions.removeAll { done.has($0.dumpID) }
        rest.skipped.entries = Int64(definitions.count - rest.definitions.count)
        let begun = Set(items.filter { $0.id.chunk != nil && !isDone($0, done) }.map(\.id.entry))
        rest.items.removeAll { item in
            switch item.action {
            case .entry(let entry):
                guard isDone(item, done) else { return false }
                rest.skipped.entries += 1
                if entry.kind == .tableData { rest.skipped.tables += 1 }
                if entry.hasData { rest.skipped.bytes += item.weight }
            case .chunk(let entry, let chunk):
                guard isDone(item, done) else { return false }
                rest.skipped.chunks += 1
                rest.skipped.bytes += bytes(entry, chunk)
            case .join:
                guard !begun.contains(item.id.entry) else { return false }
                rest.skipped.entries += 1
                rest.skipped.tables += 1
            }
            return true
        }
        rest.dropUnknownPrerequisites()
        return rest
    }

    private func isDone(_ item: WorkItem, _ done: RestoreDone) -> Bool {
        item.id.chunk.map { done.has(item.id.entry, part: $0) } ?? done.has(item.id.entry)
    }

    private static func items(
        for entry: ArchiveEntry, pass: RestoreSelection.Pass, chunks: [Int], size: Int64,
        prerequisites: Set<DumpID>, exclusive: Set<DumpID>
    ) -> [WorkItem] {
        let whole = WorkItem.ID(entry: entry.dumpID, chunk: nil)
        let needs = Set(prerequisites.map { WorkItem.ID(entry: $0, chunk: nil) })
        var last = WorkItem(
            id: whole, action: .entry(entry), pass: pass, needs: needs, locks: prerequisites,
            exclusiveLocks: exclusive, weight: size)
        guard chunks.count > 1 else { return [last] }
        // The chunks are the work; the entry itself is what others wait for.
        let parts = chunks.map { chunk in
            WorkItem(
                id: .init(entry: entry.dumpID, chunk: chunk), action: .chunk(entry, chunk), pass: pass, needs: needs,
                weight: size / Int64(chunks.count))
        }
        last.action = .join(entry)
        last.needs = Set(parts.map(\.id))
        return parts + [last]
    }

    /// An index weighs as much as its table: the work on large tables begins first, so that it does not end last.
    private mutating func weigh(by sizes: [DumpID: Int64]) {
        for index in items.indices where items[index].weight == 0 {
            items[index].weight = items[index].needs.compactMap { sizes[$0.entry] }.max() ?? 0
        }
    }

    /// Prerequisites that are definitions, not selected, or not in the archive at all, are no reason to wait.
    private mutating func dropUnknownPrerequisites() {
        let known = Set(items.map(\.id))
        for index in items.indices { items[index].needs.formIntersection(known) }
    }
}
