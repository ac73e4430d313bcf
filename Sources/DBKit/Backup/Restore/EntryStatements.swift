/// The SQL that makes an entry, as `pg_restore` would send it: tablespace and access method first, then the
/// definition, then the owner. Pure; see ``EntryRunner`` for who sends it.
struct EntryStatements {
    let roles: RoleReferences
    let skipsOwners: Bool
    /// Entries that others refer to by number.
    let entries: [DumpID: ArchiveEntry]

    /// What a session has in force, and begins with (restore_session.sql).
    struct SessionState: Hashable {
        var tablespace: ArchiveText = ""
        var accessMethod: ArchiveText = "heap"
    }

    /// - Returns: nil when there is nothing to run.
    func script(for entry: ArchiveEntry, state: inout SessionState) -> ArchiveText? {
        guard let definition = definition(of: entry) else { return nil }
        var parts: [ArchiveText] = []
        if let wanted = entry.tablespace, wanted != state.tablespace {
            state.tablespace = wanted
            parts.append("SET default_tablespace = " + (wanted.isEmpty ? "''" : wanted.quotedIdentifier) + ";\n")
        }
        // A partitioned table has no storage: the setting would be refused before 17, so it is altered afterwards.
        let isPartitioned = entry.relkind == UInt8(ascii: "p")
        if let wanted = entry.tableAccessMethod, !wanted.isEmpty, !isPartitioned, wanted != state.accessMethod {
            state.accessMethod = wanted
            parts.append("SET default_table_access_method = " + wanted.quotedIdentifier + ";\n")
        }
        parts.append(definition)
        if !skipsOwners, let owner = entry.owner,
            let statement = OwnerStatement.of(entry, owner: roles.mapped(owner))
        {
            parts.append(statement)
        }
        if isPartitioned, let wanted = entry.tableAccessMethod, !wanted.isEmpty {
            parts.append("ALTER TABLE " + entry.qualifiedName + " SET ACCESS METHOD " + wanted.quotedIdentifier + ";\n")
        }
        return parts.joined(separator: "\n")
    }

    private func definition(of entry: ArchiveEntry) -> ArchiveText? {
        switch entry.kind {
        case .largeObjectMetadata:
            return LargeObjectEntry.perObject(entry) { "SELECT pg_catalog.lo_create('" + $0 + "');\n" }
        case .acl where entry.tag?.hasPrefix("LARGE OBJECTS ") == true:
            guard let acl = roles.rewritten(entry),
                let metadata = entry.dependencies.lazy.compactMap({ entries[$0] })
                    .first(where: { $0.kind == .largeObjectMetadata })
            else { return nil }
            return LargeObjectEntry.perObject(acl: acl, of: metadata)
        default:
            guard let text = roles.rewritten(entry), !text.isEmpty else { return nil }
            return text
        }
    }
}
