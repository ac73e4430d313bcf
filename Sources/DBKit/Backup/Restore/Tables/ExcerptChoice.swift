import Operations

/// Finds in an archive the tables or schemas that were asked for. Pure.
struct ExcerptChoice {
    let request: RestoreRequest
    let toc: ArchiveTOC
    let source: String

    init(_ request: RestoreRequest, _ folder: ArchiveFolder) {
        self.init(request, folder.toc, source: folder.manifest?.set ?? folder.path)
    }

    init(_ request: RestoreRequest, _ toc: ArchiveTOC, source: String) {
        (self.request, self.toc, self.source) = (request, toc, source)
    }

    func excerpt() throws(Failure) -> TableExcerpt {
        let schemas = try Set(request.schemas.map { (name) throws(Failure) in try schema(name) })
        let inside = toc.entries.filter { $0.kind == .table && $0.namespace.map(schemas.contains) ?? false }
        return TableExcerpt(of: try tables() + inside, schemas: schemas, in: toc, scope: request.scope)
    }

    private func schema(_ name: String) throws(Failure) -> ArchiveText {
        let known = Set(
            toc.entries.compactMap(\.namespace) + toc.entries.filter { $0.kind == .schema }.compactMap(\.tag))
        guard let found = known.first(where: { $0.string == name }) else {
            throw Failure(
                .restoreSchemaMissing, "\(source) has nothing in a schema \(name)", detail: "Nothing was changed.",
                hint: "it has \(known.map(\.string).filter { !$0.isEmpty }.sorted().joined(separator: ", "))")
        }
        return found
    }

    private func tables() throws(Failure) -> [ArchiveEntry] {
        var found: [ArchiveEntry] = []
        for name in request.tables {
            let entry = try entry(name)
            if !found.contains(entry) { found.append(entry) }
        }
        return found
    }

    private func entry(_ name: TableName) throws(Failure) -> ArchiveEntry {
        let tables = toc.entries.filter { $0.kind == .table }
        let found = tables.filter { entry in
            entry.tag?.string == name.name && (name.schema == nil || entry.namespace?.string == name.schema)
        }
        guard let first = found.first else {
            let alike = tables.map { RelationName($0).shown }.filter { shown in
                shown.lowercased().contains(name.name.lowercased())
            }
            throw Failure(
                .restoreTableMissing, "\(source) has no table \(name)",
                detail: "Nothing was changed.",
                hint: alike.isEmpty
                    ? "dbctl backup show SET lists its tables; names are taken as they are typed, capitals included"
                    : "it has \(alike.sorted().prefix(5).joined(separator: ", "))")
        }
        guard found.count == 1 else {
            throw Failure(
                .restoreTableAmbiguous,
                "\(source) has more than one table \(name): "
                    + found.map { RelationName($0).shown }.sorted().joined(separator: ", "),
                detail: "Nothing was changed.", hint: "give the schema, too: --table SCHEMA.NAME")
        }
        return first
    }

    static func exists(_ names: [String], into database: String, hint: String) -> Failure {
        Failure(
            .restoreTableExists,
            "\(database) already has \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : "")",
            detail: "Nothing was changed.", hint: hint)
    }
}
