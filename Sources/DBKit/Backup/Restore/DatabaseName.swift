/// The name of the dumped database inside an archive's own SQL, exchanged for another.
///
/// `pg_restore` cannot do this: with `--create` it knows only the old name.
enum DatabaseName {
    /// Puts `new` in the place of `old` after every `DATABASE` keyword.
    static func replacing(_ old: ArchiveText, with new: ArchiveText, in sql: ArchiveText) -> ArchiveText {
        var tokens = DumpLexer.tokens(sql)
        for index in tokens.indices where tokens[index].is("DATABASE") {
            guard let name = tokens[(index + 1)...].firstIndex(where: { !$0.isBlank }),
                tokens[name].name == old
            else { continue }
            tokens[name].bytes = new.quotedIdentifier.bytes
        }
        return DumpLexer.text(tokens)
    }

    /// The statements of DATABASE PROPERTIES in two halves: settings, which the work that follows may depend on, and
    /// what would get in its way (CONNECTION LIMIT, IS_TEMPLATE).
    static func properties(_ sql: ArchiveText) -> (settings: [ArchiveText], limits: [ArchiveText]) {
        var settings: [ArchiveText] = []
        var limits: [ArchiveText] = []
        for statement in DumpLexer.statements(sql) {
            let words = statement.filter { !$0.isBlank }
            let isSetting = words.contains { $0.is("SET") }
            if isSetting {
                settings.append(DumpLexer.text(statement))
            } else {
                limits.append(DumpLexer.text(statement))
            }
        }
        return (settings, limits)
    }
}
