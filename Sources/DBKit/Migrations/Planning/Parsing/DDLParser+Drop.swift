import Postgres

extension DDLParser {
    mutating func drop() throws(UnknownSyntax) -> StatementShape {
        if cursor.accept("TABLE") { return try dropRelations(.table) }
        if cursor.accept("VIEW") { return try dropRelations(.view) }
        if cursor.accept("MATERIALIZED", "VIEW") { return try dropRelations(.materializedView) }
        if cursor.accept("INDEX") { return try dropRelations(.index) }
        if cursor.accept("SEQUENCE") { return try dropRelations(.sequence) }
        if cursor.accept("FOREIGN", "TABLE") { return try dropRelations(.foreignTable) }
        if cursor.accept("STATISTICS") { return try dropRelations(.statistics) }
        if cursor.isNext(oneOf: ["TRIGGER", "POLICY", "RULE"]) {
            let isTrigger = cursor.isNext("TRIGGER")
            cursor.advance()
            let isOptional = cursor.acceptIfExists()
            _ = try cursor.name()
            try cursor.expect("ON")
            return .onRelation(try cursor.relation(), .accessExclusive, recurses: isTrigger, isOptional: isOptional)
        }
        if cursor.isNext("OWNED") { throw UnknownSyntax(reason: "what the role owns is not looked up") }
        if cursor.rest.last?.keyword == "CASCADE" {
            throw UnknownSyntax(reason: "what CASCADE takes with it is not looked up")
        }
        let others: Set<String> = [
            "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "ROLE", "USER",
            "GROUP", "DATABASE", "TABLESPACE", "COLLATION", "CONVERSION", "OPERATOR", "CAST", "LANGUAGE", "SERVER",
            "ACCESS", "TEXT", "EVENT", "TRANSFORM",
        ]
        // Without CASCADE nothing that a table depends on goes: the server refuses.
        if cursor.isNext("EXTENSION") {
            throw UnknownSyntax(reason: "which tables the extension owns is not looked up")
        }
        if cursor.isNext(oneOf: others) { return noRelation("an entry of the catalog") }
        throw UnknownSyntax(reason: "the model has no rule for this DROP")
    }

    private mutating func dropRelations(_ kind: Drop.Kind) throws(UnknownSyntax) -> StatementShape {
        let concurrently = cursor.accept("CONCURRENTLY")
        let ifExists = cursor.acceptIfExists()
        let names = try cursor.relations()
        let cascade = acceptCascade()
        try cursor.expectEnd()
        return .drop(
            Drop(kind: kind, names: names, ifExists: ifExists, concurrently: concurrently, cascade: cascade))
    }
}
