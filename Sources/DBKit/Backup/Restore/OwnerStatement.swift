/// `ALTER … OWNER TO` for an entry, by `pg_restore`'s rules.
enum OwnerStatement {
    private static let named: Set<ArchiveEntry.Kind> = [
        "COLLATION", "CONVERSION", "DOMAIN", "FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE", "STATISTICS", "TABLE",
        "TEXT SEARCH DICTIONARY", "TEXT SEARCH CONFIGURATION", "TYPE", "VIEW", "PROCEDURAL LANGUAGE", "SCHEMA",
        "EVENT TRIGGER", "FOREIGN DATA WRAPPER", "SERVER", "PUBLICATION", "SUBSCRIPTION",
    ]
    /// Their names carry arguments, which the tag has not in full; the DROP statement has.
    private static let decorated: Set<ArchiveEntry.Kind> = [
        "AGGREGATE", "FUNCTION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURE",
    ]

    /// Nil for what has no owner of its own: whatever has no DROP statement is part of another object.
    static func of(_ entry: ArchiveEntry, owner: ArchiveText) -> ArchiveText? {
        guard let drop = entry.dropStatement, !drop.isEmpty, !owner.isEmpty else { return nil }
        let suffix: ArchiveText = " OWNER TO " + owner.quotedIdentifier + ";\n"
        switch entry.kind {
        case .largeObject:
            return "ALTER LARGE OBJECT " + (entry.tag ?? "") + suffix
        case .largeObjectMetadata:
            return LargeObjectEntry.perObject(entry) { "ALTER LARGE OBJECT " + $0 + suffix }
        case let kind where named.contains(kind):
            return "ALTER " + kind.text + " " + entry.qualifiedName + suffix
        case let kind where decorated.contains(kind):
            var name = drop.bytes.dropFirst("DROP ".utf8.count)
            while let last = name.last, last == 0x0A || last == 0x3B { name.removeLast() }
            return "ALTER " + ArchiveText(bytes: Array(name)) + suffix
        default: return nil
        }
    }
}
