import Postgres

extension DDLParser {
    mutating func create() throws(UnknownSyntax) -> StatementShape {
        let replaces = cursor.accept("OR", "REPLACE")
        if cursor.accept("UNIQUE", "INDEX") { return try createIndex(isUnique: true) }
        if cursor.accept("INDEX") { return try createIndex(isUnique: false) }
        if cursor.accept("MATERIALIZED", "VIEW") { return try createMaterializedView() }
        _ = cursor.accept("GLOBAL") || cursor.accept("LOCAL")
        let isTemporary = cursor.accept("TEMPORARY") || cursor.accept("TEMP")
        _ = cursor.accept("UNLOGGED")
        if cursor.accept("TABLE") { return try createTable(isTemporary: isTemporary) }
        if cursor.accept("FOREIGN", "TABLE") { return try createTable(isTemporary: false) }
        if cursor.accept("VIEW") { return try createView(replaces: replaces) }
        if cursor.accept("RECURSIVE", "VIEW") { return try createView(replaces: replaces) }
        if cursor.accept("SEQUENCE") { return try createSequence() }
        if cursor.accept("CONSTRAINT", "TRIGGER") || cursor.accept("TRIGGER") { return try createTrigger() }
        if cursor.accept("POLICY") || cursor.accept("RULE") { return try createOnRelation() }
        if cursor.accept("STATISTICS") { return try createStatistics() }
        if cursor.isNext(oneOf: ["FUNCTION", "PROCEDURE"]) { return try createRoutine() }
        if cursor.accept("SCHEMA") { return try createSchema() }
        if cursor.isNext(oneOf: ["TYPE", "DOMAIN"]) {
            cursor.advance()
            return noRelation("a type", creates: try cursor.relation())
        }
        let others: Set<String> = [
            "EXTENSION", "AGGREGATE", "ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "COLLATION", "CONVERSION",
            "OPERATOR", "CAST", "LANGUAGE", "TRUSTED", "SERVER", "ACCESS", "TEXT", "EVENT", "TRANSFORM",
        ]
        if cursor.isNext(oneOf: others) { return noRelation("an entry of the catalog") }
        throw UnknownSyntax(reason: "the model has no rule for this CREATE")
    }

    private mutating func createIndex(isUnique: Bool) throws(UnknownSyntax) -> StatementShape {
        let isConcurrent = cursor.accept("CONCURRENTLY")
        let ifNotExists = cursor.acceptIfExists()
        let name = cursor.isNext("ON") ? nil : try cursor.relation().name
        try cursor.expect("ON")
        var index = CreateIndex(name: name, table: try tableReference())
        (index.isUnique, index.isConcurrent, index.ifNotExists) = (isUnique, isConcurrent, ifNotExists)
        if cursor.accept("USING") { _ = try cursor.name() }
        for part in try cursor.group().splitAtCommas() {
            // A name that is followed by a parenthesis is a function.
            if let name = part.first?.name, !part.contains(where: \.isOpening) { index.columns.append(name) }
        }
        return .createIndex(index)
    }

    private mutating func createView(replaces: Bool) throws(UnknownSyntax) -> StatementShape {
        let name = try cursor.relation()
        try skipViewHead()
        return .createView(name: name, replaces: replaces, body: QueryReader.read(cursor.rest))
    }

    private mutating func createMaterializedView() throws(UnknownSyntax) -> StatementShape {
        let ifNotExists = cursor.acceptIfExists()
        let name = try cursor.relation()
        try skipViewHead()
        return .createMaterializedView(name: name, ifNotExists: ifNotExists, body: QueryReader.read(cursor.rest))
    }

    /// Columns and options, up to AS and with it.
    private mutating func skipViewHead() throws(UnknownSyntax) {
        while !cursor.accept("AS") {
            guard !cursor.isAtEnd else { throw cursor.unexpected() }
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() } else { cursor.advance() }
        }
    }

    private mutating func createSequence() throws(UnknownSyntax) -> StatementShape {
        _ = cursor.acceptIfExists()
        let name = try cursor.relation()
        return .createSequence(name: name, owner: try sequenceOwner())
    }

    private mutating func createTrigger() throws(UnknownSyntax) -> StatementShape {
        _ = try cursor.name()
        // Up to ON: the events, where UPDATE OF names columns.
        while !cursor.accept("ON") {
            guard !cursor.isAtEnd else { throw cursor.unexpected() }
            cursor.advance()
        }
        let table = try cursor.relation()
        return .createTrigger(table: table, from: cursor.accept("FROM") ? try cursor.relation() : nil)
    }

    private mutating func createOnRelation() throws(UnknownSyntax) -> StatementShape {
        _ = try cursor.name()
        if cursor.accept("AS", "ON") {
            cursor.advance()
            try cursor.expect("TO")
            let table = try cursor.relation()
            let rule = QueryReader.read(cursor.rest)
            guard rule.reads.isEmpty, rule.writes.isEmpty else {
                throw UnknownSyntax(reason: "what the rule reads and writes the model does not follow")
            }
            return .onRelation(table, .accessExclusive, recurses: false, isOptional: false)
        }
        try cursor.expect("ON")
        let table = try cursor.relation()
        guard QueryReader.read(cursor.rest.drop { $0.keyword != "USING" && $0.keyword != "CHECK" }).reads.isEmpty else {
            throw UnknownSyntax(reason: "the tables that the policy reads the model does not follow")
        }
        return .onRelation(table, .accessExclusive, recurses: false, isOptional: false)
    }

    private mutating func createStatistics() throws(UnknownSyntax) -> StatementShape {
        while !cursor.accept("FROM") {
            guard !cursor.isAtEnd else { throw cursor.unexpected() }
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() } else { cursor.advance() }
        }
        return .onRelation(try cursor.relation(), .shareUpdateExclusive, recurses: false, isOptional: false)
    }

    private mutating func createSchema() throws(UnknownSyntax) -> StatementShape {
        let hasElements = cursor.rest.contains { ["CREATE", "GRANT"].contains($0.keyword) }
        guard !hasElements else { throw UnknownSyntax(reason: "the statements inside a CREATE SCHEMA are not read") }
        return noRelation("a schema")
    }

    /// The server reads the body of a function in SQL at once, and locks the tables in it as a query would.
    private mutating func createRoutine() throws(UnknownSyntax) -> StatementShape {
        cursor.advance()
        let name = try cursor.relation()
        let rest = Array(cursor.rest)
        let isSQL = rest.indices.contains {
            rest[$0].keyword == "LANGUAGE" && $0 + 1 < rest.count
                && ["sql", "'sql'"].contains(rest[$0 + 1].name ?? rest[$0 + 1].text.lowercased())
        }
        if rest.contains(where: { $0.keyword == "ATOMIC" || $0.keyword == "RETURN" }) || isSQL {
            var shape = try body(of: rest)
            shape.creates = name
            return .query(shape)
        }
        return noRelation("a function", creates: name)
    }

    private func body(of rest: [DDLToken]) throws(UnknownSyntax) -> QueryShape {
        var shape = QueryShape()
        let atomic = rest.firstIndex { $0.keyword == "ATOMIC" || $0.keyword == "RETURN" }
        if let atomic {
            shape = QueryReader.read(rest[(atomic + 1)...])
        } else if let place = rest.lastIndex(where: { $0.keyword == "AS" }), place + 1 < rest.count,
            let text = SQLString.content(rest[place + 1]), let script = try? SQLScript(text)
        {
            for statement in script.statements {
                let part = QueryReader.read(script.ddlTokens(of: statement))
                shape.reads += part.reads
                shape.writes += part.writes
                shape.locksRows = shape.locksRows || part.locksRows
            }
        } else {
            throw UnknownSyntax(reason: "the body of the function was not found")
        }
        // It is read, not run.
        shape.calls = []
        shape.isOnlyParsed = true
        return shape
    }
}

/// What a string constant says, in the forms that function bodies have.
enum SQLString {
    static func content(_ token: DDLToken) -> String? {
        guard token.kind == .string else { return nil }
        let text = token.text
        if text.hasPrefix("'") {
            return text.dropFirst().dropLast().split(separator: "''", omittingEmptySubsequences: false)
                .joined(separator: "'")
        }
        guard text.hasPrefix("$"), let end = text.dropFirst().firstIndex(of: "$") else { return nil }
        let tag = text.distance(from: text.startIndex, to: end) + 1
        return String(text.dropFirst(tag).dropLast(tag))
    }
}
