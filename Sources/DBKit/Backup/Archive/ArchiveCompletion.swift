public import Operations

/// Adds to a schema-only archive what `pg_dump` would have added with data: TABLE DATA, SEQUENCE SET, large objects and
/// MATERIALIZED VIEW DATA, each in its section, in `pg_dump`'s order and with its dependencies.
///
/// The result is a plan: entries carry the names of the data files that the caller then writes.
public struct ArchiveCompletion {
    /// A relation of the dumped database, named in the archive's encoding.
    public struct Relation: Sendable, Hashable {
        public var oid: UInt32
        public var schema, name, owner: ArchiveText
        /// The OID of the extension that the relation belongs to. Such a relation has no entry of its own: its data
        /// depend on the EXTENSION entry.
        public var extensionOID: UInt32?

        public init(
            oid: UInt32, schema: ArchiveText, name: ArchiveText, owner: ArchiveText, extensionOID: UInt32? = nil
        ) {
            (self.oid, self.schema, self.name, self.owner) = (oid, schema, name, owner)
            self.extensionOID = extensionOID
        }

        var qualifiedName: ArchiveText { schema.quotedIdentifier + "." + name.quotedIdentifier }
    }

    /// The relation's name as `pg_dump` itself spells it, quoted only where it must be: `pg_restore` compares it with
    /// the COPY statement to tell a table's own data from data that are routed through a partition root.
    private func spelling(of relation: Relation) -> ArchiveText {
        guard let drop = dropOfRelation[relation.oid] else { return relation.qualifiedName }
        for kind in ["TABLE ", "SEQUENCE ", "MATERIALIZED VIEW "] where drop.hasPrefix("DROP " + kind) {
            let name = ArchiveText(bytes: Array(drop.bytes.dropFirst(5 + kind.utf8.count).dropLast(2)))
            if drop == "DROP " + ArchiveText(kind) + name + ";\n" { return name }
        }
        return relation.qualifiedName
    }

    /// What a table's data file holds.
    public enum CopyFormat: String, Sendable, Hashable, Codable {
        case text, binary
    }

    private let base: ArchiveTOC
    private var nextID: Int32
    private let entryOfRelation: [UInt32: DumpID]
    private let entryOfExtension: [UInt32: DumpID]
    private let dropOfRelation: [UInt32: ArchiveText]
    private var dataOfRelation: [UInt32: DumpID] = [:]
    private var preData: [ArchiveEntry] = []
    private var tableData: [ArchiveEntry] = []
    private var sequenceValues: [ArchiveEntry] = []
    private var largeObjects: [ArchiveEntry] = []
    private var refreshes: [ArchiveEntry] = []

    private static let relationCatalog: UInt32 = 1259
    private static let extensionCatalog: UInt32 = 3079
    static let largeObjectCatalog: UInt32 = 2613

    public init(of schema: ArchiveTOC) {
        base = schema
        // Dependencies may name section boundaries, which have numbers but no entries; those are taken too.
        let used = schema.entries.lazy.flatMap { [$0.dumpID] + $0.dependencies }.max()
        nextID = (used?.rawValue ?? 0) + 1
        entryOfRelation = Self.index(schema, catalog: Self.relationCatalog)
        entryOfExtension = Self.index(schema, catalog: Self.extensionCatalog)
        dropOfRelation = Dictionary(
            schema.entries.lazy.filter { $0.tableOID == Self.relationCatalog }
                .compactMap { entry in entry.dropStatement.map { (entry.oid, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    private static func index(_ toc: ArchiveTOC, catalog: UInt32) -> [UInt32: DumpID] {
        Dictionary(
            toc.entries.lazy.filter { $0.tableOID == catalog }.map { ($0.oid, $0.dumpID) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The schema with everything that was added.
    public func completed() -> ArchiveTOC {
        var entries = base.entries
        let boundary = entries.firstIndex { $0.section == .postData } ?? entries.endIndex
        let firstData = entries.firstIndex { $0.section == .data } ?? boundary
        entries.insert(contentsOf: tableData + sequenceValues + largeObjects, at: boundary)
        entries.insert(contentsOf: preData, at: min(firstData, boundary))
        // pg_dump puts refreshes behind event triggers, which then see (and may refuse) them. Not so here; and since
        // pg_restore -j goes by dependencies, these say it, too.
        let trigger = entries.firstIndex { $0.kind == "EVENT TRIGGER" } ?? entries.endIndex
        for index in entries[trigger...].indices where entries[index].kind == "EVENT TRIGGER" {
            entries[index].dependencies += refreshes.map(\.dumpID)
        }
        entries.insert(contentsOf: refreshes, at: trigger)
        return ArchiveTOC(header: base.header, entries: entries)
    }

    /// Plans one table's data.
    ///
    /// - Parameters:
    ///   - columns: in the order of the data file; empty for a table without columns.
    ///   - root: where rows must be routed again when they are loaded (a hash partition on an enum): its partitioned
    ///     root, in place of the table itself.
    ///   - predecessors: tables already added whose data must be there before, because constraints exist already
    ///     (configuration tables of extensions).
    /// - Returns: the entry; its `fileName` lacks the compression suffix.
    public mutating func addTableData(
        _ table: Relation, columns: [ArchiveText], format: CopyFormat, throughRoot root: Relation? = nil,
        after predecessors: [UInt32] = []
    ) throws(Failure) -> ArchiveEntry {
        let id = newID()
        let target = spelling(of: root ?? table)
        let list = columns.isEmpty ? "" : "(" + columns.map(\.quotedIdentifier).joined(separator: ", ") + ")"
        let options: ArchiveText = format == .binary ? " WITH (FORMAT binary)" : ""
        let entry = ArchiveEntry(
            dumpID: id, hasData: true, oid: table.oid, tag: table.name, kind: .tableData, section: .data,
            definition: root.map { "-- load via partition root " + spelling(of: $0) },
            copyStatement: "COPY " + target + " " + list + " FROM stdin" + options + ";\n",
            namespace: table.schema, owner: table.owner,
            dependencies: [try entry(of: table)] + predecessors.compactMap { dataOfRelation[$0] },
            fileName: ArchiveText("\(id.rawValue).dat"))
        dataOfRelation[table.oid] = id
        tableData.append(entry)
        return entry
    }

    /// Plans the setting of a sequence to the value that it had.
    public mutating func addSequenceValue(
        _ sequence: Relation, last: Int64, isCalled: Bool
    ) throws(Failure) {
        let arguments = spelling(of: sequence).quotedLiteral + ArchiveText(", \(last), \(isCalled)")
        sequenceValues.append(
            ArchiveEntry(
                dumpID: newID(), tag: sequence.name, kind: .sequenceSet, section: .data,
                definition: "SELECT pg_catalog.setval(" + arguments + ");\n",
                namespace: sequence.schema, owner: sequence.owner, dependencies: [try entry(of: sequence)]))
    }

    /// Plans the refresh of a populated materialized view. Add views that others read from before their readers.
    ///
    /// - Parameter sources: OIDs of the materialized views that this one reads from, through plain views too.
    public mutating func addRefresh(
        _ view: Relation, after sources: [UInt32]
    ) throws(Failure) {
        let id = newID()
        refreshes.append(
            ArchiveEntry(
                dumpID: id, oid: view.oid, tag: view.name, kind: .materializedViewData, section: .postData,
                definition: "REFRESH MATERIALIZED VIEW " + spelling(of: view) + ";\n",
                namespace: view.schema, owner: view.owner,
                dependencies: [try entry(of: view)] + sources.compactMap { dataOfRelation[$0] }))
        dataOfRelation[view.oid] = id
    }

    /// Plans all large objects; call it once.
    ///
    /// - Returns: the index files to write, uncompressed, beside one `blob_OID.dat` for each object.
    public mutating func addLargeObjects(_ objects: [ArchivedLargeObject]) -> [LargeObjectIndex] {
        guard !objects.isEmpty else { return [] }
        return base.header.version < .dump17 ? addSingly(objects) : addInGroups(objects)
    }

    /// Up to 16: an entry for each object before the data, and one for all contents.
    private mutating func addSingly(_ objects: [ArchivedLargeObject]) -> [LargeObjectIndex] {
        for object in objects {
            let id = newID()
            preData.append(
                ArchiveEntry(
                    dumpID: id, tableOID: Self.largeObjectCatalog, oid: object.oid, tag: object.tag,
                    kind: .largeObject, section: .preData,
                    definition: ArchiveText("SELECT pg_catalog.lo_create('\(object.oid)');\n"),
                    dropStatement: ArchiveText("SELECT pg_catalog.lo_unlink('\(object.oid)');\n"),
                    owner: object.owner))
            preData += object.commentEntry(newID: newID(), of: id)
            preData += object.grantEntry(newID: newID(), of: id, tag: "LARGE OBJECT " + object.tag)
        }
        let index = LargeObjectIndex(fileName: "blobs.toc", objects: objects.map(\.oid))
        largeObjects.append(
            ArchiveEntry(
                dumpID: newID(), hasData: true, tag: "BLOBS", kind: .largeObjectData, section: .data,
                fileName: ArchiveText(index.fileName)))
        return [index]
    }

    /// From 17 on: objects of one owner and ACL share entries, up to a thousand each.
    private mutating func addInGroups(_ objects: [ArchivedLargeObject]) -> [LargeObjectIndex] {
        ArchivedLargeObject.groups(of: objects).map { group in
            let metadata = newID()
            let tag = ArchivedLargeObject.tag(of: group)
            let owner = group.first?.owner
            largeObjects.append(
                ArchiveEntry(
                    dumpID: metadata, tableOID: Self.largeObjectCatalog, oid: group.first?.oid ?? 0, tag: tag,
                    kind: .largeObjectMetadata, section: .data,
                    definition: ArchiveText(group.map { "\($0.oid)\n" }.joined()), dropStatement: "-- dummy",
                    owner: owner))
            for object in group {
                largeObjects += object.commentEntry(newID: newID(), of: metadata)
            }
            if let first = group.first {
                let prefix: ArchiveText = group.count > 1 ? "LARGE OBJECTS " : "LARGE OBJECT "
                largeObjects += first.grantEntry(newID: newID(), of: metadata, tag: prefix + tag)
            }
            let data = newID()
            let index = LargeObjectIndex(fileName: "blobs_\(data.rawValue).toc", objects: group.map(\.oid))
            largeObjects.append(
                ArchiveEntry(
                    dumpID: data, hasData: true, tag: tag, kind: .largeObjectData, section: .data, owner: owner,
                    dependencies: [metadata], fileName: ArchiveText(index.fileName)))
            return index
        }
    }

    private func entry(of relation: Relation) throws(Failure) -> DumpID {
        let owner = relation.extensionOID.flatMap { entryOfExtension[$0] }
        guard let id = entryOfRelation[relation.oid] ?? owner else {
            throw Failure(
                .archiveMalformed,
                "the schema has no entry for \(relation.qualifiedName) (OID \(relation.oid)), whose data it shall hold"
            )
        }
        return id
    }

    private mutating func newID() -> DumpID {
        defer { nextID += 1 }
        return DumpID(rawValue: nextID)
    }
}
