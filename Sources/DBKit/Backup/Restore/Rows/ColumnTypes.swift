/// Types of columns as the definitions of an archive have them. Pure.
///
/// `pg_dump` writes a type as `format_type` does with an empty search_path: what `to_regtype` reads.
struct ColumnTypes {
    private let entries: [DumpID: ArchiveEntry]

    init(_ toc: ArchiveTOC) {
        entries = Dictionary(toc.entries.map { ($0.dumpID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Of the table whose rows the entry holds; nil for a column whose type the archive does not tell.
    func types(for data: ArchiveEntry) -> [ArchiveText: ArchiveText] {
        var found: [ArchiveText: ArchiveText] = [:]
        // Columns that a table inherits, or has from its type, stand where those are defined.
        var next = data.dependencies
        var seen: Set<DumpID> = []
        while !next.isEmpty {
            let level = next.filter { seen.insert($0).inserted }.compactMap { entries[$0] }
                .filter { [.table, "FOREIGN TABLE", "TYPE"].contains($0.kind) }
            for entry in level {
                found.merge(Self.columns(of: entry.definition ?? "")) { own, _ in own }
            }
            next = level.flatMap(\.dependencies)
        }
        return found
    }

    /// The columns between the first parentheses of a CREATE TABLE or CREATE TYPE, with their types.
    static func columns(of definition: ArchiveText) -> [ArchiveText: ArchiveText] {
        Dictionary(list(of: definition).map { ($0.name, $0.type) }, uniquingKeysWith: { _, last in last })
    }

    /// The same in their order.
    static func list(of definition: ArchiveText) -> [(name: ArchiveText, type: ArchiveText)] {
        parts(of: DumpLexer.tokens(definition)).compactMap { part in
            var part = part.drop(while: \.isBlank)
            guard let name = part.popFirst()?.name else { return nil }
            let type = DumpLexer.text(part.prefix { !$0.isKeyword }.filter { $0.kind != .comment })
            return type.trimmed.map { (name, $0) }
        }
    }

    /// What commas part inside the first parentheses.
    private static func parts(of tokens: [DumpLexer.Token]) -> [ArraySlice<DumpLexer.Token>] {
        guard let open = tokens.firstIndex(where: { $0.isSymbol("(") }) else { return [] }
        var parts: [ArraySlice<DumpLexer.Token>] = []
        var depth = 0
        var start = open + 1
        for index in tokens[open...].indices {
            if tokens[index].isSymbol("(") { depth += 1 }
            if tokens[index].isSymbol(")") { depth -= 1 }
            guard depth == 0 || depth == 1 && tokens[index].isSymbol(",") else { continue }
            parts.append(tokens[start..<index])
            start = index + 1
            if depth == 0 { break }
        }
        return parts
    }
}

/// The table and the columns that a COPY statement of an archive names.
struct CopyTarget: Hashable {
    let table: RelationName
    let columns: [ArchiveText]
    let isBinary: Bool

    init?(_ copy: ArchiveText) {
        let words = DumpLexer.tokens(copy).filter { !$0.isBlank }
        guard words.first?.is("COPY") == true, let table = RelationName(words.dropFirst()) else { return nil }
        var columns: [ArchiveText] = []
        if words.count > 4, words[4].isSymbol("(") {
            columns = words[5...].prefix { !$0.isSymbol(")") }.compactMap(\.name)
        }
        (self.table, self.columns) = (table, columns)
        isBinary = copy.bytes.ends(with: Array(" FROM stdin WITH (FORMAT binary);\n".utf8))
    }
}

extension ArchiveText {
    /// Without blanks around it; nil when nothing is left.
    fileprivate var trimmed: ArchiveText? {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return nil }
        return ArchiveText(bytes: Array(bytes[first...last]))
    }
}
