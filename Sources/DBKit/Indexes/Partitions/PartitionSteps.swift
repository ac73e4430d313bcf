import Operations

/// What is missing until a partitioned table has an index that is valid everywhere. Pure.
///
/// An index of a partition is only taken when it is equivalent in every respect: the server itself attaches `(b, a DESC)`
/// under `(b, a)` and calls the result valid (`PartitionedIndexTests`).
struct PartitionSteps: Sendable {
    struct Named: Sendable, Hashable {
        var schema: String
        var name: String
    }

    struct Build: Sendable, Hashable {
        var table: IndexedTable
        var name: String
        var removing: [TableIndex] = []
    }

    struct Attachment: Sendable, Hashable {
        var child: Named
        var parent: Named
        var level: Int
    }

    /// ON ONLY, from the top.
    private(set) var shells: [Build] = []
    private(set) var builds: [Build] = []
    /// Attached, and INVALID all the same.
    private(set) var broken: [(index: TableIndex, table: IndexedTable)] = []
    /// From the bottom: a partitioned index becomes valid when the last of its own is attached.
    private(set) var attachments: [Attachment] = []
    /// All that are attached already, should the top be INVALID all the same.
    private(set) var attached: [Attachment] = []
    private(set) var root: TableIndex?
    /// What there was, to be reported.
    private(set) var equivalent: [TableIndex] = []

    var isComplete: Bool {
        shells.isEmpty && builds.isEmpty && broken.isEmpty && attachments.isEmpty && root?.isUsable == true
    }

    /// - Throws: `index.name_taken`
    init(_ tree: PartitionTree, wanted: CreatePlan.Wanted) throws(Failure) {
        var taken = tree.taken
        /// Of each partitioned table, the index that those of its partitions belong under; nil when it is still to come.
        var tops: [Int64: (name: Named, oid: Int64?)] = [:]
        for node in tree.nodes {
            let table = node.table
            let top = node.parent.flatMap { tops[$0] }
            let same = (tree.indexes[table.oid] ?? []).filter {
                IndexVerdict(of: $0.definition, for: wanted.definition) == .equivalent
                    && tree.isWhole($0, wanted.definition)
            }
            let attachedHere = same.first { top?.oid != nil && $0.parent == top?.oid }
            let found = attachedHere ?? Self.best(same, for: node)
            var named = found.map { Named(schema: $0.schema, name: $0.name) }
            if let found {
                if found.isLeftover { broken.append((found, table)) }
                if node.parent == nil { root = found } else { equivalent.append(found) }
            } else {
                let new = try NewIndex(
                    wanted, asked: node.parent == nil ? wanted.name : nil, on: table,
                    existing: tree.indexes[table.oid] ?? [], taken: taken[table.schema] ?? [])
                taken[table.schema, default: []].insert(new.name)
                named = Named(schema: table.schema, name: new.name)
                let build = Build(table: table, name: new.name, removing: node.isLeaf ? new.removing : [])
                if node.isLeaf { builds.append(build) } else { shells.append(build) }
            }
            guard let named else { continue }
            if !node.isLeaf { tops[table.oid] = (named, found?.oid) }
            guard let top else { continue }
            let attachment = Attachment(child: named, parent: top.name, level: node.level)
            if attachedHere == nil { attachments.append(attachment) } else { attached.append(attachment) }
        }
        attachments.sort { $0.level > $1.level }
        attached.sort { $0.level > $1.level }
    }

    /// Free to be attached, and whole; a valid one of a partitioned table before one that is still to be filled.
    private static func best(_ same: [TableIndex], for node: PartitionTree.Node) -> TableIndex? {
        let free = same.filter { ($0.parent == nil || node.parent == nil) && ($0.isUsable || $0.isPartitioned) }
        return free.first { $0.isUsable && $0.constraint == nil } ?? free.first { $0.isUsable } ?? free.first
    }
}

extension PartitionTree {
    /// Whether all that is attached to an index is equivalent too, at every depth.
    fileprivate func isWhole(_ index: TableIndex, _ wanted: IndexDefinition) -> Bool {
        guard index.isPartitioned else { return true }
        return indexes.values.joined().filter { $0.parent == index.oid }.allSatisfy {
            $0.definition.isEquivalent(to: wanted) && isWhole($0, wanted)
        }
    }
}
