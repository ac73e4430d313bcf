import Operations
import Postgres

/// What tables of an archive need inside the database that they are restored into, and what of it is not there.
enum TableNeeds {
    private static let functions: Set<ArchiveEntry.Kind> = ["FUNCTION", "AGGREGATE"]
    private static let named: Set<ArchiveEntry.Kind> = [.schema, .serverExtension, "SERVER", "PUBLICATION"]
    private static let qualified: Set<ArchiveEntry.Kind> = [
        "TYPE", "DOMAIN", .sequence, .table, "VIEW", .materializedView, "FOREIGN TABLE", "COLLATION",
        "TEXT SEARCH CONFIGURATION",
    ]

    /// Whatever else is missing shows when the server refuses the statement, and then nothing was changed either.
    static func isCheckable(_ kind: ArchiveEntry.Kind) -> Bool {
        functions.contains(kind) || named.contains(kind) || qualified.contains(kind)
    }

    /// Those of the entries that the database lacks.
    static func absent(_ entries: [ArchiveEntry], in session: Session, encoding: String) throws -> [ArchiveEntry] {
        let query = Query(
            embedded: PackageResources.restore_present_sql,
            binds: [entries.map(\.kind.text.string), entries.map { address($0).hexadecimal }, encoding])
        return try session.rows(query).compactMap { row in
            try row.value("is_there") ? nil : entries[row.value("place", as: Int.self) - 1]
        }
    }

    static func isPresent(_ name: RelationName, in session: Session, encoding: String) throws -> Bool {
        let relation = ArchiveEntry(
            dumpID: .init(rawValue: 0), tag: name.name, kind: .table, section: .preData, namespace: name.schema)
        return try absent([relation], in: session, encoding: encoding).isEmpty
    }

    /// The entry as `to_regtype` and its kin read it.
    static func address(_ entry: ArchiveEntry) -> ArchiveText {
        let tag = entry.tag ?? ""
        if entry.kind == .schema { return tag.quotedIdentifier }
        if named.contains(entry.kind) { return tag }
        guard functions.contains(entry.kind), let parenthesis = tag.bytes.firstIndex(of: 0x28) else {
            return entry.qualifiedName
        }
        // The tag's name is not quoted, its argument types are; the DROP statement has names of arguments in it.
        let name = ArchiveText(bytes: Array(tag.bytes[..<parenthesis]))
        let arguments = ArchiveText(bytes: Array(tag.bytes[parenthesis...]))
        return RelationName(schema: entry.namespace ?? "", name: name).quoted
            + (arguments == "(*)" ? "()" : arguments)
    }
}
