/// Which entries of an archive a restore takes, and in which of its passes, by `pg_restore`'s rules.
///
/// Pure: it looks at nothing but the table of contents and the request.
struct RestoreSelection {
    /// Work is done pass by pass; an entry of a later pass never runs before all of the earlier ones did.
    enum Pass: Int, Comparable, CaseIterable {
        case main
        /// Grants come late, so that nothing is refused to the restoring role meanwhile.
        case privileges
        /// A view's query may call functions whose grants must be there.
        case refresh
        /// What would publish the restore itself.
        case publications
        /// They fire on every statement after them, the restore's own included.
        case eventTriggers

        static func < (left: Pass, right: Pass) -> Bool { left.rawValue < right.rawValue }
    }

    private static let special: Set<ArchiveEntry.Kind> = [.encoding, .standardStrings, .searchPath]
    private static let publications: Set<ArchiveEntry.Kind> = [
        "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION", "SUBSCRIPTION TABLE",
    ]
    private static let attributes: Set<ArchiveEntry.Kind> = [.comment, .securityLabel]

    let scope: RestoreRequest.Scope

    /// Whether the entry is part of the restore. Entries about the database as a whole are not: they are applied on
    /// their own, under another name.
    func takes(_ entry: ArchiveEntry) -> Bool {
        guard !Self.special.contains(entry.kind), !Self.isAboutDatabase(entry), entry.kind != "<Init>" else {
            return false
        }
        return scope == .all || (scope == .dataOnly) == Self.isData(entry)
    }

    /// DATABASE, its properties, and comment, ACL and labels of it.
    static func isAboutDatabase(_ entry: ArchiveEntry) -> Bool {
        switch entry.kind {
        case .database, .databaseProperties: true
        case .acl, .comment, .securityLabel: entry.tag?.hasPrefix("DATABASE ") == true
        default: false
        }
    }

    static func isData(_ entry: ArchiveEntry) -> Bool {
        if entry.hasData { return true }
        switch entry.kind {
        case .sequenceSet, .largeObject, .largeObjectMetadata, .materializedViewData: return true
        case .acl, .comment, .securityLabel: return entry.tag?.hasPrefix("LARGE OBJECT") == true
        default: return false
        }
    }

    static func pass(of entry: ArchiveEntry) -> Pass {
        switch entry.kind {
        case .acl, .defaultACL: .privileges
        case .materializedViewData: .refresh
        case "STATISTICS DATA" where entry.section == .postData: .refresh
        case "EVENT TRIGGER": .eventTriggers
        case let kind where publications.contains(kind): .publications
        case let kind where attributes.contains(kind): pass(ofAttributeNamed: entry.tag)
        default: .main
        }
    }

    /// A comment or label comes with its object, whose kind begins its tag.
    private static func pass(ofAttributeNamed tag: ArchiveText?) -> Pass {
        guard let tag else { return .main }
        if tag.hasPrefix("EVENT TRIGGER ") { return .eventTriggers }
        return tag.hasPrefix("PUBLICATION ") || tag.hasPrefix("SUBSCRIPTION ") ? .publications : .main
    }
}
