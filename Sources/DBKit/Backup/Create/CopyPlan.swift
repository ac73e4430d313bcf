/// Which rows travel, in which form, cut into which pieces, and in which order. Pure: facts in, work out.
struct CopyPlan: Sendable, Hashable {
    /// One table's data.
    struct Table: Sendable, Hashable {
        var relation: DatabaseFacts.Relation
        /// In the order of the data file.
        var columns: [DatabaseFacts.Column]
        var format: CopyFormat
        /// The form that the checksum is over.
        var checksumFormat: CopyFormat
        /// A WHERE clause: the rows of an extension's configuration table that are the user's.
        var condition: String?
        /// Where rows must be routed again at load, because the hash of an enum depends on OIDs.
        var root: DatabaseFacts.Relation?
        /// Tables that must be loaded before this one.
        var predecessors: [UInt32] = []
        var size = Size()
    }

    /// What a table holds on disk, read when it was locked.
    struct Size: Sendable, Hashable {
        var pages: Int64 = 0
        /// With TOAST, without indexes.
        var bytes: Int64 = 0
    }

    /// A piece of a table that one worker copies in one go.
    struct Unit: Sendable, Hashable {
        /// Index into ``CopyPlan/tables``.
        var table: Int
        /// Its number within the table.
        var chunk: Int
        /// Blocks of the heap; nil is the whole table. The last chunk has no upper bound: rows may lie beyond what
        /// the size said.
        var blocks: BlockRange?
        /// Estimated bytes to read, for order and progress.
        var weight: Int64
    }

    struct BlockRange: Sendable, Hashable {
        var lower: Int64
        var upper: Int64?
    }

    var tables: [Table]
    var omitted: [Omission]

    /// - Parameters:
    ///   - archived: OIDs of the tables that the schema archive has entries for.
    ///   - only: the tables whose rows are wanted; empty: all that are not excluded.
    ///   - isStandby: a standby has no unlogged data.
    init(
        _ facts: DatabaseFacts, archived: Set<UInt32>, format: CopyFormatChoice, excluded: [TablePattern],
        only: [TablePattern] = [], isStandby: Bool
    ) {
        tables = []
        omitted = []
        let configuration = Dictionary(uniqueKeysWithValues: facts.configurationTables.map { ($0.oid, $0) })
        let relations = Dictionary(uniqueKeysWithValues: facts.relations.map { ($0.oid, $0) })
        for relation in facts.relations where relation.kind == .table || relation.kind == .foreignTable {
            let config = configuration[relation.oid]
            guard archived.contains(relation.oid) || config != nil else { continue }
            if relation.kind == .foreignTable {
                omitted.append(Omission(.foreignTable, relation.displayName))
            } else if excluded.contains(where: { $0.matches(relation) })
                || !only.isEmpty && !only.contains(where: { $0.matches(relation) })
            {
                omitted.append(Omission(.excluded, relation.displayName))
            } else if relation.isUnlogged && isStandby {
                omitted.append(Omission(.unloggedOnStandby, relation.displayName))
            } else {
                tables.append(Self.table(relation, facts, relations, config, format))
            }
        }
        tables = Self.predecessorsFirst(tables)
    }

    private static func table(
        _ relation: DatabaseFacts.Relation, _ facts: DatabaseFacts, _ relations: [UInt32: DatabaseFacts.Relation],
        _ config: DatabaseFacts.ConfigurationTable?, _ choice: CopyFormatChoice
    ) -> Table {
        var columns = facts.columns[relation.oid] ?? []
        var root: DatabaseFacts.Relation?
        if let hash = facts.hashPartitions[relation.oid], hash.keyTypes.contains(where: facts.types.involvesEnum) {
            root = relations[hash.root]
            // In the root's order, so that the checksums of its partitions add up wherever the rows land.
            let order = (facts.columns[hash.root] ?? []).map(\.name)
            columns.sort { (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0) }
        }
        let isBinary = choice != .text && columns.allSatisfy { facts.types.travelsInBinary($0.type) }
        let isStable = !columns.contains { facts.types.carriesOIDs($0.type) }
        return Table(
            relation: relation, columns: columns, format: isBinary ? .binary : .text,
            checksumFormat: isBinary && isStable ? .binary : .text, condition: config?.condition, root: root,
            predecessors: config?.predecessors ?? [])
    }

    /// The manifest has a line for each: of a table of terabytes the pieces grow instead.
    static let maximumChunks: Int64 = 4096

    /// The work, biggest first, so that no worker is left alone with a big piece at the end.
    ///
    /// - Parameter chunkPages: tables of at least twice this are cut into pieces of about this size.
    func units(chunkPages: Int64) -> [Unit] {
        var units: [Unit] = []
        for (index, table) in tables.enumerated() {
            // A condition may hold anything, and other access methods may have no blocks.
            let isDivisible = table.relation.isHeap && table.condition == nil
            let count = isDivisible ? min(Self.maximumChunks, max(1, table.size.pages / max(1, chunkPages))) : 1
            guard count > 1 else {
                units.append(Unit(table: index, chunk: 0, blocks: nil, weight: table.size.bytes))
                continue
            }
            let step = (table.size.pages + count - 1) / count
            for chunk in 0..<count {
                let upper = chunk == count - 1 ? nil : (chunk + 1) * step
                units.append(
                    Unit(
                        table: index, chunk: Int(chunk), blocks: BlockRange(lower: chunk * step, upper: upper),
                        weight: table.size.bytes / count))
            }
        }
        return units.sorted { ($1.weight, $0.table, $0.chunk) < ($0.weight, $1.table, $1.chunk) }
    }

    /// In the given order, but each table behind those that it needs. A circle is left as it is: no order serves it.
    private static func predecessorsFirst(_ tables: [Table]) -> [Table] {
        let byOID = Dictionary(uniqueKeysWithValues: tables.map { ($0.relation.oid, $0) })
        return topologicallySorted(tables.map(\.relation.oid)) { byOID[$0]?.predecessors ?? [] }.compactMap {
            byOID[$0]
        }
    }
}

/// What `--copy-format` asks for.
public enum CopyFormatChoice: String, Sendable, Hashable, Codable, CaseIterable {
    /// Binary for every table whose types are known to survive it.
    case auto
    /// The same: no type is ever sent in a form that loses something.
    case binary
    /// Everything as text, for `pg_restore -f script.sql`.
    case text
}

extension TablePattern {
    func matches(_ relation: DatabaseFacts.Relation) -> Bool {
        matches(schema: relation.schema.text, name: relation.name.text)
    }
}

/// Each item behind those that it comes after, otherwise in the given order. Circles are broken where they close.
func topologicallySorted(_ items: [UInt32], after: (UInt32) -> [UInt32]) -> [UInt32] {
    let known = Set(items)
    var seen: Set<UInt32> = []
    var sorted: [UInt32] = []
    func visit(_ item: UInt32) {
        guard known.contains(item), seen.insert(item).inserted else { return }
        after(item).forEach(visit)
        sorted.append(item)
    }
    items.forEach(visit)
    return sorted
}
