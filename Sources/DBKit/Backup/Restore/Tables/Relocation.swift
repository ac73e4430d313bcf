/// Entries of an archive made in another schema than their own: tables that take the place of others, or come to stand
/// beside them, are filled where nobody sees them. Pure.
///
/// Only names of relations that the entries themselves make are changed: whatever else they refer to is the live
/// database's own.
struct Relocation {
    /// Schema in the archive to the one in its place.
    let schemas: [ArchiveText: ArchiveText]
    private let relations: Set<RelationName>

    /// - Parameter staging: what the names of the schemas in place of others begin with.
    init(of parts: [ArchiveEntry], staging: String) {
        relations = Set(parts.flatMap(Self.relations))
        let names = Set(relations.map(\.schema)).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        schemas = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { ($1, ArchiveText("\(staging)_\($0)")) })
    }

    private static func relations(of entry: ArchiveEntry) -> [RelationName] {
        let own = RelationName(entry)
        switch entry.kind {
        case .table, "FOREIGN TABLE", .sequence, "INDEX", "STATISTICS": return [own]
        case "CONSTRAINT":
            // Its index bears its name, and stands with the table's schema.
            let words = DumpLexer.tokens(entry.definition ?? "").filter { !$0.isBlank }
            guard let keyword = words.firstIndex(where: { $0.is("CONSTRAINT") }), keyword + 1 < words.count,
                let name = words[keyword + 1].name
            else { return [] }
            return [RelationName(schema: own.schema, name: name)]
        default: return []
        }
    }

    func moved(_ entry: ArchiveEntry) -> ArchiveEntry {
        var entry = entry
        if let schema = entry.namespace, let other = schemas[schema] { entry.namespace = other }
        entry.definition = entry.definition.map(rewritten)
        entry.copyStatement = entry.copyStatement.map(rewritten)
        return entry
    }

    func rewritten(_ sql: ArchiveText) -> ArchiveText {
        var tokens = DumpLexer.tokens(sql)
        for index in tokens.indices {
            if tokens[index].kind == .string, isRelation(index, tokens), let text = rewrittenLiteral(tokens[index]) {
                tokens[index].bytes = text.bytes
            } else if let name = RelationName(tokens[index...]), relations.contains(name), !follows(".", index, tokens)
            {
                tokens[index].bytes = (schemas[name.schema] ?? name.schema).quotedIdentifier.bytes
            }
        }
        return DumpLexer.text(tokens)
    }

    /// `nextval('schema.sequence'::regclass)` and `setval('schema.sequence', …)`: names that are strings.
    private func isRelation(_ index: Int, _ tokens: [DumpLexer.Token]) -> Bool {
        let isCast =
            index + 3 < tokens.count && tokens[index + 1].isSymbol(":") && tokens[index + 2].isSymbol(":")
            && tokens[index + 3].is("regclass")
        return isCast || index >= 2 && tokens[index - 1].isSymbol("(") && tokens[index - 2].is("setval")
    }

    private func rewrittenLiteral(_ token: DumpLexer.Token) -> ArchiveText? {
        let inner = DumpLexer.tokens(token.stringValue)
        guard inner.count == 3, let name = RelationName(inner), relations.contains(name),
            let other = schemas[name.schema]
        else { return nil }
        return RelationName(schema: other, name: name.name).quoted.quotedLiteral
    }

    private func follows(_ symbol: Character, _ index: Int, _ tokens: [DumpLexer.Token]) -> Bool {
        index > 0 && tokens[index - 1].isSymbol(symbol)
    }
}

extension DumpLexer.Token {
    /// What a string literal stands for; `E''` only with the escapes that `pg_dump` writes, a doubled backslash.
    var stringValue: ArchiveText {
        let isEscaped = bytes.first != 0x27
        var value: [UInt8] = []
        var isSecond = false
        for byte in bytes.drop(while: { $0 != 0x27 }).dropFirst().dropLast() {
            isSecond = !isSecond && (byte == 0x27 || isEscaped && byte == 0x5C)
            if !isSecond { value.append(byte) }
        }
        return ArchiveText(bytes: value)
    }
}
