/// A foreign key of an archive: whose it is, what it refers to, and how it is added to tables that are in use.
struct ForeignKey: Hashable {
    let entry: ArchiveEntry
    let name: ArchiveText
    let table: RelationName
    let referenced: RelationName

    /// Nil when the entry's SQL is not as `pg_dump` writes it.
    init?(_ entry: ArchiveEntry) {
        let words = DumpLexer.tokens(entry.definition ?? "").filter { !$0.isBlank }
        guard entry.kind == "FK CONSTRAINT", let start = words.firstIndex(where: { $0.is("TABLE") }),
            let table = RelationName(words[(words[start + 1].is("ONLY") ? start + 2 : start + 1)...]),
            let constraint = words.firstIndex(where: { $0.is("CONSTRAINT") }), constraint + 1 < words.count,
            let name = words[constraint + 1].name,
            let references = words.firstIndex(where: { $0.is("REFERENCES") && $0.depth == 0 }),
            let referenced = RelationName(words[(references + 1)...])
        else { return nil }
        (self.entry, self.name, self.table, self.referenced) = (entry, name, table, referenced)
    }

    /// Adding it as NOT VALID holds both tables for a moment only: the rows are checked afterwards, when writers may go
    /// on. Nil when the key is not to be checked at all, or already is added that way.
    var unchecked: ArchiveText? {
        var tokens = DumpLexer.tokens(entry.definition ?? "")
        let isWeak = tokens.contains { $0.depth == 0 && ($0.is("VALID") || $0.is("ENFORCED")) }
        guard !isWeak, let end = tokens.lastIndex(where: { $0.isSymbol(";") }) else { return nil }
        tokens.insert(DumpLexer.Token(kind: .word, bytes: Array(" NOT VALID".utf8), depth: 0), at: end)
        return DumpLexer.text(tokens)
    }

    var shownName: String { "\(name.string) of \(table.shown) (references \(referenced.shown))" }
}

/// A relation as an archive's SQL names it.
struct RelationName: Hashable {
    var schema: ArchiveText
    var name: ArchiveText

    init(schema: ArchiveText, name: ArchiveText) {
        (self.schema, self.name) = (schema, name)
    }

    /// Of the tokens `schema . name`, whatever comes after.
    init?(_ tokens: some RandomAccessCollection<DumpLexer.Token>) {
        let three = Array(tokens.prefix(3))
        guard three.count == 3, let schema = three[0].name, three[1].isSymbol("."), let name = three[2].name else {
            return nil
        }
        self.init(schema: schema, name: name)
    }

    init(_ entry: ArchiveEntry) {
        self.init(schema: entry.namespace ?? "", name: entry.tag ?? "")
    }

    var quoted: ArchiveText { schema.quotedIdentifier + "." + name.quotedIdentifier }
    var shown: String { "\(schema.string).\(name.string)" }
}
