/// What an archive says about the database itself, for a database that the restore makes.
struct DatabaseStatements {
    /// The name it had.
    let name: ArchiveText
    /// Settings of the database: functions, checks and views that are restored may depend on them.
    let before: [ArchiveText]
    /// Owner, limits, comment, labels and grants: each could be in the way of the work.
    let after: [ArchiveText]

    init(of toc: ArchiveTOC, statements: EntryStatements) {
        let entries = toc.entries.filter(RestoreSelection.isAboutDatabase)
        let database = entries.first { $0.kind == .database }
        name = database?.tag ?? toc.header.database ?? ""
        var before: [ArchiveText] = []
        var after: [ArchiveText] = []
        if let database, let owner = database.owner, !owner.isEmpty, !statements.skipsOwners {
            let name = database.tag?.quotedIdentifier ?? ""
            let owner = statements.roles.mapped(owner).quotedIdentifier
            after.append("ALTER DATABASE " + name + " OWNER TO " + owner + ";\n")
        }
        for entry in entries where entry.kind != .database {
            guard let text = statements.roles.rewritten(entry) else { continue }
            if entry.kind == .databaseProperties {
                let (settings, limits) = DatabaseName.properties(text)
                before += settings
                after += limits
            } else {
                after.append(text)
            }
        }
        self.before = before
        self.after = after
    }
}
