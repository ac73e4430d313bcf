/// Entries from 17 on that stand for many large objects.
enum LargeObjectEntry {
    /// The OIDs that a BLOB METADATA entry lists, one a line.
    static func objects(of entry: ArchiveEntry) -> [ArchiveText] {
        (entry.definition?.bytes ?? []).split(separator: 0x0A).map { ArchiveText(bytes: Array($0)) }
            .filter { text in text.bytes.allSatisfy { (0x30...0x39).contains($0) } }
    }

    /// One statement for each of them.
    static func perObject(_ entry: ArchiveEntry, _ statement: (ArchiveText) -> ArchiveText) -> ArchiveText {
        objects(of: entry).map(statement).joined(separator: "")
    }

    /// An ACL for many objects holds the statements of the first one only.
    static func perObject(acl: ArchiveText, of metadata: ArchiveEntry) -> ArchiveText {
        let statements = DumpLexer.statements(acl)
        return objects(of: metadata).map { oid in
            statements.map { statement in
                var statement = statement
                let words = statement.indices.filter { !statement[$0].isBlank }
                let object = zip(words, words.dropFirst()).first { previous, index in
                    statement[previous].is("LARGE") && statement[index].is("OBJECT")
                }
                if let object { replaceNumber(after: object.1, with: oid, in: &statement) }
                return DumpLexer.text(statement) + "\n"
            }.joined(separator: "")
        }.joined(separator: "")
    }

    /// Digits are symbols to the lexer, one token each.
    private static func replaceNumber(
        after index: Int, with oid: ArchiveText, in statement: inout [DumpLexer.Token]
    ) {
        guard let start = statement[(index + 1)...].firstIndex(where: { !$0.isBlank }) else { return }
        let end = statement[start...].firstIndex { token in
            !(token.kind == .symbol && token.bytes.allSatisfy { (0x30...0x39).contains($0) })
        }
        statement.replaceSubrange(
            start..<(end ?? statement.endIndex),
            with: [DumpLexer.Token(kind: .symbol, bytes: oid.bytes, depth: 0)])
    }
}
