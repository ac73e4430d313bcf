import Operations
import Postgres

/// What the binary form of a type's values is made of. Two types of one name may differ in it: a domain over another
/// base, a composite with other attributes. Their bytes would be taken for something else, without an error.
indirect enum TypeShape: Hashable {
    /// A type with a form of its own, as `format_type` names it: `integer`, `public.citext`, an enum.
    case named(String)
    case array(TypeShape)
    /// The attributes of a composite type, or the columns of a table, in their order.
    case row([TypeShape])
    case range(TypeShape)
}

/// Types as the definitions of an archive have them. A domain has its base's form.
struct ArchivedTypes {
    private let entries: [RelationName: ArchiveEntry]

    init(_ toc: ArchiveTOC) {
        let types = toc.entries.filter { ["TYPE", "DOMAIN", .table].contains($0.kind) }
        entries = Dictionary(types.map { (RelationName($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter text: as `pg_dump` writes a column's type: `numeric(10,2)`, `public."Mood"[]`.
    func shape(of text: ArchiveText) -> TypeShape {
        shape(DumpLexer.tokens(text).filter { !$0.isBlank }, depth: 0)
    }

    private func shape(_ tokens: [DumpLexer.Token], depth: Int) -> TypeShape {
        if tokens.count > 2, tokens[tokens.count - 1].isSymbol("]") {
            var element = tokens
            while element.last?.isSymbol("]") == true, let open = element.lastIndex(where: { $0.isSymbol("[") }) {
                element = Array(element[..<open])
            }
            return .array(shape(element, depth: depth))
        }
        // A type that contains itself has no values; the limit is for archives that lie.
        if depth < 32, tokens.count == 3, let entry = RelationName(tokens).flatMap({ entries[$0] }) {
            return shape(of: entry, depth: depth + 1)
        }
        return .named(Self.name(tokens))
    }

    private func shape(of entry: ArchiveEntry, depth: Int) -> TypeShape {
        let definition = DumpLexer.tokens(entry.definition ?? "").filter { !$0.isBlank }
        let start = definition.firstIndex { $0.is("AS") }.map { $0 + 1 }
        if entry.kind == "DOMAIN", let start {
            return shape(Array(definition[start...].prefix { !$0.isKeyword && !$0.isSymbol(";") }), depth: depth)
        }
        if entry.kind == "TYPE", let start, start < definition.count, !definition[start].isSymbol("(") {
            guard definition[start].is("RANGE"),
                let subtype = definition[start...].firstIndex(where: { $0.is("subtype") })
            else { return .named(RelationName(entry).shown) }
            let text = definition[(subtype + 2)...].prefix { $0.depth > 1 || !$0.isSymbol(",") && !$0.isSymbol(")") }
            // Anew, without the parentheses around it.
            return .range(shape(of: text.map { ArchiveText(bytes: $0.bytes) }.joined(separator: " "), depth: depth))
        }
        return .row(ColumnTypes.list(of: entry.definition ?? "").map { shape(of: $0.type, depth: depth) })
    }

    private func shape(of text: ArchiveText, depth: Int) -> TypeShape {
        shape(DumpLexer.tokens(text).filter { !$0.isBlank }, depth: depth)
    }

    /// Without length and precision, which no form depends on, and the fields of an interval.
    private static func name(_ tokens: [DumpLexer.Token]) -> String {
        if tokens.first?.is("interval") == true { return "interval" }
        let words = tokens.filter { $0.depth == 0 && !$0.isSymbol("(") && !$0.isSymbol(")") }
        var text = ""
        for word in words {
            let isGlued = word.isSymbol(".") || text.hasSuffix(".") || text.isEmpty
            text += (isGlued ? "" : " ") + DumpLexer.text([word]).string
        }
        return text
    }
}

/// Types as the database has them that the rows come into.
struct LiveTypes {
    private struct Facts {
        var kind: String
        var name: String
        var parts: [Int64]
    }

    private var facts: [Int64: Facts] = [:]

    /// - Parameter types: OIDs; whatever they are made of is read, too.
    init(_ types: Set<Int64>, in session: Session) throws {
        let query = Query(embedded: PackageResources.restore_rows_types_sql, binds: [types.sorted()])
        for row in try session.rows(query) {
            facts[try row.value("oid")] = Facts(
                kind: try row.value("kind"), name: try row.value("name"), parts: try row.value("parts"))
        }
    }

    func shape(of type: Int64, depth: Int = 0) -> TypeShape {
        guard depth < 32, let facts = facts[type] else { return .named("") }
        let parts = facts.parts.map { shape(of: $0, depth: depth + 1) }
        switch (facts.kind, parts.first) {
        case ("domain", .some(let base)): return base
        case ("array", .some(let element)): return .array(element)
        case ("range", .some(let subtype)): return .range(subtype)
        case ("row", _): return .row(parts)
        default: return .named(facts.name)
        }
    }
}

/// Tables that come back with their definitions, but find types that are there already.
enum PresentTypes {
    /// - Throws: `restore.column_type` where rows in binary form would be read as something else.
    static func refuse(_ loads: [ArchiveEntry], of folder: ArchiveFolder, in session: Session) throws {
        let types = ColumnTypes(folder.toc)
        let archived = ArchivedTypes(folder.toc)
        var found: Set<ArchiveText> = []
        for load in loads {
            guard let target = RowsExcerpt.target(of: load), target.isBinary else { continue }
            let known = types.types(for: load)
            found.formUnion(target.columns.compactMap { known[$0] })
        }
        let wanted = found.sorted { $0.string < $1.string }
        let oids = try session.rows(
            Query(
                embedded: PackageResources.restore_types_by_name_sql,
                binds: [wanted.map(\.hexadecimal), folder.encoding])
        ).map { try $0.value("type_oid", as: Int64.self) }
        let live = try LiveTypes(Set(oids), in: session)
        // One that is not there yet comes with the tables.
        let others = zip(wanted, oids).filter { $1 != 0 && archived.shape(of: $0) != live.shape(of: $1) }
        guard others.isEmpty else {
            throw Failure(
                .restoreColumnType,
                "types of this name are made of something else here: \(others.map(\.0.string).joined(separator: ", "))",
                detail: "The set's rows are in binary form and would be read as other values. Nothing was changed.",
                hint: "restore the set into a database of its own with --create, and copy the rows from there")
        }
    }
}
