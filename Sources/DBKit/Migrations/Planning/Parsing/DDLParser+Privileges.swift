extension DDLParser {
    /// GRANT and REVOKE, behind the word. Only what they name as relations matters.
    mutating func privileges() throws(UnknownSyntax) -> StatementShape {
        while !cursor.accept("ON") {
            // Without ON roles are granted.
            guard !cursor.isAtEnd else { return noRelation("a role") }
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() } else { cursor.advance() }
        }
        if cursor.isNext("ALL") {
            throw UnknownSyntax(reason: "it takes every object of the schema in turn")
        }
        let others: Set<String> = [
            "FUNCTION", "PROCEDURE", "ROUTINE", "DATABASE", "DOMAIN", "FOREIGN", "LANGUAGE", "LARGE", "PARAMETER",
            "SCHEMA", "TABLESPACE", "TYPE",
        ]
        if cursor.isNext(oneOf: others) { return noRelation("privileges") }
        _ = cursor.accept("TABLE") || cursor.accept("SEQUENCE")
        return .privileges(try cursor.relations())
    }
}

/// Statements that change where names are looked for.
enum SearchPath {
    /// SET [SESSION|LOCAL] search_path, SET SCHEMA, RESET search_path; nil: another setting.
    static func read(setting cursor: inout DDLCursor) throws(UnknownSyntax) -> StatementShape? {
        _ = cursor.accept("SESSION") || cursor.accept("LOCAL")
        if cursor.accept("ALL") { return .searchPath(nil) }
        let isSchema = cursor.accept("SCHEMA")
        guard isSchema || cursor.accept("SEARCH_PATH") else { return nil }
        if !isSchema {
            guard !cursor.isAtEnd else { return .searchPath(nil) }
            guard cursor.accept(symbol: "=") || cursor.accept("TO") else { throw cursor.unexpected() }
        }
        guard !cursor.isNext("DEFAULT") else { return .searchPath(nil) }
        var schemas: [String] = []
        for part in cursor.rest.splitAtCommas() {
            guard part.count == 1, let token = part.first, let name = token.name ?? SQLString.content(token) else {
                throw UnknownSyntax(reason: "the search path was not read")
            }
            schemas.append(name)
        }
        return .searchPath(schemas.filter { !$0.isEmpty })
    }

    /// `SELECT set_config('search_path', 'a, b', false)`, as pg_dump has it.
    static func read(call cursor: DDLCursor) throws(UnknownSyntax) -> StatementShape {
        let strings = cursor.rest.compactMap(SQLString.content)
        guard strings.count == 2, let path = strings.last else { return .searchPath(nil) }
        guard let script = try? SQLScript(path) else { return .searchPath(nil) }
        let names = script.statements.flatMap { script.ddlTokens(of: $0) }.compactMap(\.name)
        return .searchPath(names)
    }
}

extension DDLCursor {
    fileprivate var mentionsSearchPath: Bool {
        rest.contains { SQLString.content($0)?.lowercased() == "search_path" }
    }

    /// A call of set_config for the search path.
    var setsSearchPath: Bool {
        mentionsSearchPath && rest.contains { $0.keyword == "SET_CONFIG" }
    }
}
