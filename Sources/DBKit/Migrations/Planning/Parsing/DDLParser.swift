/// Reads what a statement is from its tokens. Knows PostgreSQL's grammar as far as locks and work depend on it, and
/// says `unknown` of everything else.
struct DDLParser {
    var cursor: DDLCursor

    static func shape(of tokens: [DDLToken]) -> StatementShape {
        var parser = DDLParser(cursor: DDLCursor(tokens))
        do {
            return try parser.statement()
        } catch {
            return .unknown(error.reason)
        }
    }

    private mutating func statement() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext(symbol: "(") { return .query(QueryReader.read(cursor.rest)) }
        let start = cursor
        let verb = try cursor.word()
        switch verb {
        case "SELECT" where start.setsSearchPath: return try SearchPath.read(call: start)
        case "SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE":
            return .query(QueryReader.read(start.rest))
        case "ALTER": return try alter()
        case "CREATE": return try create()
        case "DROP": return try drop()
        case "TRUNCATE": return try truncate()
        case "LOCK": return try lock()
        case "VACUUM": return try vacuum()
        case "ANALYZE", "ANALYSE": return .analyze(tables: try maintained())
        case "CLUSTER": return try cluster()
        case "REINDEX": return try reindex()
        case "REFRESH": return try refresh()
        case "COMMENT": return try comment()
        case "COPY": return try copy()
        case "SECURITY": return .unknown("what a SECURITY LABEL locks is its provider's affair")
        case "GRANT", "REVOKE": return try privileges()
        case "SET", "RESET": return try SearchPath.read(setting: &cursor) ?? noRelation("a setting of the session")
        case "SHOW", "DISCARD", "LISTEN", "UNLISTEN", "NOTIFY", "DEALLOCATE", "CHECKPOINT":
            return .noRelation(CatalogOnly(words: "a setting of the session"))
        case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
            return .noRelation(CatalogOnly(words: "the transaction"))
        case "DO", "CALL": return .unknown("what a \(verb) runs is known only while it runs")
        default: return .unknown("the model has no rule for \(verb)")
        }
    }

    /// A statement about something that is no relation and locks none.
    func noRelation(_ words: String, creates: RelationName? = nil) -> StatementShape {
        .noRelation(CatalogOnly(words: words, creates: creates))
    }

    mutating func tableReference() throws(UnknownSyntax) -> TableReference {
        let only = cursor.accept("ONLY")
        let hasParentheses = only && cursor.accept(symbol: "(")
        let name = try cursor.relation()
        if hasParentheses { try cursor.expect(symbol: ")") }
        // The star says what is so without it.
        _ = cursor.accept(symbol: "*")
        return TableReference(name: name, only: only)
    }

    mutating func tableReferences() throws(UnknownSyntax) -> [TableReference] {
        var list = [try tableReference()]
        while cursor.accept(symbol: ",") { list.append(try tableReference()) }
        return list
    }
}
