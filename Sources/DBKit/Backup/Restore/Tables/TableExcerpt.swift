/// The entries of an archive that belong to some of its tables, or to whole schemas, and how these hang together with
/// everything else.
///
/// Pure. `pg_dump`'s dependencies say what an entry needs, not what it belongs to: a policy may look into a second
/// table, a rule may write to one. So the entry's own name decides where its form tells the table.
struct TableExcerpt {
    /// A piece of the table that another table of the database has a part in. It comes last, under short locks.
    enum Link: Hashable {
        case foreignKey(ForeignKey, isIncoming: Bool)
        /// The entry attaches the partition to a table that is not restored.
        case partition(ArchiveEntry, of: RelationName)
        case publication(ArchiveEntry)
    }

    /// Those that were asked for.
    let named: [ArchiveEntry]
    /// With their partitions.
    private(set) var tables: [ArchiveEntry] = []
    /// What touches nothing but these tables, in the order in which it is made.
    private(set) var parts: [ArchiveEntry] = []
    private(set) var links: [Link] = []
    /// What must be there already: types, functions, schemas …
    private(set) var needs: [ArchiveEntry] = []
    /// Views and functions over the tables: gone together with a table that was dropped with CASCADE.
    private(set) var dependents: [ArchiveEntry] = []

    private let schemas: Set<ArchiveText>
    private let entries: [DumpID: ArchiveEntry]
    private var members: Set<DumpID> = []
    private var relations: Set<RelationName> = []
    /// Tables whose partitions are restored, and that are not restored themselves.
    private var ancestors: Set<RelationName> = []

    /// - Parameters:
    ///   - named: the tables, those in the schemas included.
    ///   - schemas: of which everything is wanted.
    init(
        of named: [ArchiveEntry], schemas: Set<ArchiveText> = [], in toc: ArchiveTOC, scope: RestoreRequest.Scope
    ) {
        self.named = named
        self.schemas = schemas
        entries = Dictionary(toc.entries.map { ($0.dumpID, $0) }, uniquingKeysWith: { first, _ in first })
        collectTables(toc)
        collectMembers(toc)
        let selection = RestoreSelection(scope: scope)
        let found = toc.entries.filter { members.contains($0.dumpID) && selection.takes($0) }
        parts = RestoreSelection.Pass.allCases.flatMap { pass in
            found.filter { RestoreSelection.pass(of: $0) == pass }
        }
        links = toc.entries.compactMap(link)
        needs = Self.closure(of: found, members: members, entries)
        dependents = Self.dependents(on: tableIDs, in: toc).filter { !members.contains($0.dumpID) }
    }

    /// Columns that hold names of relations, types or functions: such a value finds its object when it is loaded, and
    /// one that means the table itself must not find the one that it replaces (`TableRestoreTests`).
    var holdsNames: Bool {
        let types: Set<String> = [
            "regclass", "regtype", "regproc", "regprocedure", "regoper", "regoperator", "regcollation",
        ]
        return tables.contains { table in
            DumpLexer.tokens(table.definition ?? "").contains { token in
                token.kind == .word && types.contains(ArchiveText(bytes: token.bytes).string)
            }
        }
    }

    private var tableIDs: Set<DumpID> { Set(tables.map(\.dumpID)) }

    /// Partitions go where their table goes.
    private mutating func collectTables(_ toc: ArchiveTOC) {
        var found = Set(named.map(\.dumpID))
        let attachments = toc.entries.filter { $0.kind == "TABLE ATTACH" }.compactMap(attachment)
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for pair in attachments where found.contains(pair.parent) && found.insert(pair.partition).inserted {
                isGrowing = true
            }
        }
        tables = toc.entries.filter { found.contains($0.dumpID) }
        relations = Set(tables.map(RelationName.init))
        var above = found
        isGrowing = true
        while isGrowing {
            isGrowing = false
            for pair in attachments where above.contains(pair.partition) && above.insert(pair.parent).inserted {
                isGrowing = true
            }
        }
        ancestors = Set(above.subtracting(found).compactMap { entries[$0].map(RelationName.init) })
        members = found
    }

    private mutating func collectMembers(_ toc: ArchiveTOC) {
        let tables = tableIDs
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for entry in toc.entries where !members.contains(entry.dumpID) && belongs(entry, tables) {
                members.insert(entry.dumpID)
                isGrowing = true
            }
        }
    }

    private func belongs(_ entry: ArchiveEntry, _ tables: Set<DumpID>) -> Bool {
        let needs = entry.dependencies
        switch entry.kind {
        case .schema: return entry.tag.map(schemas.contains) ?? false
        case .serverExtension: return needs.contains { members.contains($0) && entries[$0]?.kind == .schema }
        case .tableData, "ROW SECURITY", "STATISTICS DATA":
            return relations.contains(RelationName(entry)) && needs.contains { members.contains($0) }
        case "DEFAULT", "CONSTRAINT", "CHECK CONSTRAINT", "TRIGGER", "RULE", "POLICY":
            return isOfTable(entry) || entry.namespace.map(schemas.contains) ?? false
        case "FK CONSTRAINT":
            guard isOfTable(entry), let key = ForeignKey(entry) else { return false }
            return relations.contains(key.referenced)
        case "INDEX", "STATISTICS", .sequence:
            return needs.contains { tables.contains($0) } || entry.namespace.map(schemas.contains) ?? false
        case "SEQUENCE OWNED BY", .sequenceSet, .acl, .comment, .securityLabel:
            return needs.contains { members.contains($0) }
        case "TABLE ATTACH":
            return attachment(entry).map { tables.contains($0.parent) && tables.contains($0.partition) } ?? false
        case "INDEX ATTACH":
            let indexes = needs.filter { entries[$0]?.kind == "INDEX" || entries[$0]?.kind == "CONSTRAINT" }
            return indexes.allSatisfy { members.contains($0) } && !indexes.isEmpty
        case "PUBLICATION TABLE": return false
        default: return entry.namespace.map(schemas.contains) ?? false
        }
    }

    /// Entries of these kinds are called `table name`.
    private func isOfTable(_ entry: ArchiveEntry) -> Bool {
        guard let tag = entry.tag else { return false }
        return entry.dependencies.contains { id in
            guard let table = entries[id], let name = table.tag, relations.contains(RelationName(table)) else {
                return false
            }
            return table.namespace == entry.namespace && tag.bytes.starts(with: name.bytes + [0x20])
        }
    }

    private func attachment(_ entry: ArchiveEntry) -> (partition: DumpID, parent: DumpID)? {
        let pair = entry.dependencies.filter { entries[$0]?.kind == .table || entries[$0]?.kind == "FOREIGN TABLE" }
        guard pair.count >= 2,
            let partition = pair.first(where: { entries[$0].map(RelationName.init) == RelationName(entry) }),
            let parent = pair.first(where: { $0 != partition })
        else { return nil }
        return (partition, parent)
    }

    private func link(_ entry: ArchiveEntry) -> Link? {
        guard !members.contains(entry.dumpID) else { return nil }
        switch entry.kind {
        case "FK CONSTRAINT":
            guard let key = ForeignKey(entry) else { return nil }
            if relations.contains(key.table) { return .foreignKey(key, isIncoming: false) }
            // Dropping a partition with CASCADE takes the foreign keys to its table along.
            let isIncoming = relations.contains(key.referenced) || ancestors.contains(key.referenced)
            return isIncoming ? .foreignKey(key, isIncoming: true) : nil
        case "TABLE ATTACH":
            guard let pair = attachment(entry), members.contains(pair.partition), let parent = entries[pair.parent]
            else { return nil }
            return .partition(entry, of: RelationName(parent))
        case "PUBLICATION TABLE":
            return entry.dependencies.contains { members.contains($0) } ? .publication(entry) : nil
        default: return nil
        }
    }

    /// And what is built on those in turn.
    private static func dependents(on tables: Set<DumpID>, in toc: ArchiveTOC) -> [ArchiveEntry] {
        let kinds: Set<ArchiveEntry.Kind> = ["VIEW", .materializedView, "FUNCTION", "PROCEDURE"]
        let candidates = toc.entries.filter { kinds.contains($0.kind) }
        var found: Set<DumpID> = []
        var isGrowing = true
        while isGrowing {
            let reached = tables.union(found)
            let more = candidates.filter { !found.contains($0.dumpID) && !reached.isDisjoint(with: $0.dependencies) }
            found.formUnion(more.map(\.dumpID))
            isGrowing = !more.isEmpty
        }
        return candidates.filter { found.contains($0.dumpID) }
    }

    /// All that the entries need, and what that needs in turn.
    private static func closure(
        of parts: [ArchiveEntry], members: Set<DumpID>, _ entries: [DumpID: ArchiveEntry]
    ) -> [ArchiveEntry] {
        var found: Set<DumpID> = []
        // A partition names its table among what it needs; without that it is a table by itself.
        let attached = Set(
            entries.values.filter { $0.kind == "TABLE ATTACH" && !members.isDisjoint(with: $0.dependencies) }
                .flatMap(\.dependencies))
        var next = parts.filter { $0.kind != "FK CONSTRAINT" && $0.section != .data }.flatMap(\.dependencies)
        while let id = next.popLast() {
            guard !members.contains(id), !attached.contains(id), let entry = entries[id],
                TableNeeds.isCheckable(entry.kind), found.insert(id).inserted
            else { continue }
            next += entry.dependencies
        }
        return found.sorted().compactMap { entries[$0] }
    }
}
