import Operations
import Storage

/// The archive that a backup writes: the schema of `pg_dump` with every entry for data added, and the files that these
/// entries name. Pure.
struct ArchivePlan: Sendable {
    /// What `toc.dat` will hold.
    let toc: ArchiveTOC
    /// File of each table of the copy plan, without the compression suffix.
    let tableFiles: [String]
    let largeObjectIndexes: [LargeObjectIndex]

    /// What a sequence stood at.
    struct SequenceValue: Sendable, Hashable {
        var sequence: DatabaseFacts.Relation
        var last: Int64
        var isCalled: Bool
    }

    /// OIDs of the relations that the schema has entries for.
    static func archivedRelations(_ schema: ArchiveTOC) -> Set<UInt32> {
        Set(schema.entries.lazy.filter { $0.tableOID == 1259 }.map(\.oid))
    }

    init(
        schema: ArchiveTOC, plan: CopyPlan, facts: DatabaseFacts, sequences: [SequenceValue], compression: Compression
    ) throws(Failure) {
        var schema = schema
        schema.header.compression = Self.header(compression, schema.header.version)
        var completion = ArchiveCompletion(of: schema)
        var files: [String] = []
        let extensions = Dictionary(
            uniqueKeysWithValues: facts.configurationTables.map { ($0.oid, $0.extensionOID) })
        for table in plan.tables {
            let entry = try completion.addTableData(
                Self.relation(table.relation, extensions),
                columns: table.columns.map { ArchiveText(bytes: $0.name.bytes) },
                format: table.format == .binary ? .binary : .text,
                throughRoot: table.root.map { Self.relation($0, extensions) }, after: table.predecessors)
            files.append(entry.fileName?.string ?? "")
        }
        for value in sequences {
            try completion.addSequenceValue(
                Self.relation(value.sequence, extensions), last: value.last, isCalled: value.isCalled)
        }
        largeObjectIndexes = completion.addLargeObjects(
            facts.largeObjects.map { object in
                ArchivedLargeObject(
                    oid: object.oid, owner: ArchiveText(bytes: object.owner),
                    grants: object.grants.map(ArchiveText.init(bytes:)),
                    comment: object.comment.map(ArchiveText.init(bytes:)))
            })
        let archived = Self.archivedRelations(schema)
        let views = facts.relations.filter { facts.materializedViews[$0.oid] != nil && archived.contains($0.oid) }
        let byOID = Dictionary(uniqueKeysWithValues: views.map { ($0.oid, $0) })
        for oid in topologicallySorted(views.map(\.oid), after: { facts.materializedViews[$0] ?? [] }) {
            guard let view = byOID[oid] else { continue }
            try completion.addRefresh(Self.relation(view, extensions), after: facts.materializedViews[oid] ?? [])
        }
        toc = completion.completed()
        tableFiles = files
    }

    private static func relation(
        _ relation: DatabaseFacts.Relation, _ extensions: [UInt32: UInt32]
    ) -> ArchiveCompletion.Relation {
        ArchiveCompletion.Relation(
            oid: relation.oid, schema: ArchiveText(bytes: relation.schema.bytes),
            name: ArchiveText(bytes: relation.name.bytes), owner: ArchiveText(bytes: relation.owner),
            extensionOID: extensions[relation.oid] ?? relation.extensionOID)
    }

    /// `pg_restore` finds each file's method by its suffix. The header only makes it refuse an archive as a whole when
    /// it was built without the method named there, even after `zstd -d`: so zstd is not named.
    private static func header(_ compression: Compression, _ version: ArchiveTOC.Version) -> ArchiveTOC.Compression {
        switch compression {
        case .gzip(let level): version >= .dump16 ? .algorithm(.gzip) : .level(Int32(level))
        case .zstd, .none: version >= .dump16 ? .algorithm(.none) : .level(0)
        }
    }
}
