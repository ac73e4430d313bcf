import Postgres

extension DDLParser {
    mutating func alter() throws(UnknownSyntax) -> StatementShape {
        if cursor.accept("TABLE") || cursor.accept("FOREIGN", "TABLE") { return try alterTable() }
        if cursor.accept("INDEX") { return try alterIndex() }
        if cursor.accept("VIEW") { return try alterView() }
        if cursor.accept("MATERIALIZED", "VIEW") { return try alterMaterializedView() }
        if cursor.accept("SEQUENCE") { return try alterSequence() }
        if cursor.accept("DOMAIN") { return try alterDomain() }
        if cursor.accept("TYPE") { return try alterType() }
        if cursor.accept("POLICY") || cursor.accept("TRIGGER") || cursor.accept("RULE") {
            // ALTER … name ON table …; what is renamed or changed needs its relation alone.
            _ = try cursor.name()
            try cursor.expect("ON")
            let table = try cursor.relation()
            if cursor.accept("DEPENDS") || cursor.accept("NO", "DEPENDS") {
                throw UnknownSyntax(reason: "the model has no rule for DEPENDS ON EXTENSION")
            }
            return .onRelation(table, .accessExclusive, recurses: true, isOptional: false)
        }
        if cursor.accept("EXTENSION") { throw UnknownSyntax(reason: "the scripts of an extension may do anything") }
        if cursor.accept("DEFAULT", "PRIVILEGES") { return noRelation("privileges") }
        let others: Set<String> = [
            "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "SCHEMA", "ROLE", "USER", "GROUP", "DATABASE", "SYSTEM",
            "COLLATION", "CONVERSION", "OPERATOR", "LANGUAGE", "SERVER", "LARGE", "TEXT", "EVENT", "STATISTICS",
        ]
        if cursor.isNext(oneOf: others) { return noRelation("an entry of the catalog") }
        throw UnknownSyntax(reason: "the model has no rule for this ALTER")
    }

    private mutating func alterIndex() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext("ALL") { throw UnknownSyntax(reason: "it names no indexes, only a tablespace") }
        let ifExists = cursor.acceptIfExists()
        var alter = AlterRelation(kind: .index, name: try cursor.relation(), ifExists: ifExists, mode: .accessExclusive)
        if cursor.accept("RENAME", "TO") {
            alter.renamedTo = try cursor.name()
            alter.mode = .shareUpdateExclusive
        } else if cursor.accept("SET", "TABLESPACE") {
            alter.changesTablespace = true
        } else if cursor.accept("ATTACH", "PARTITION") {
            alter.other = try cursor.relation()
            alter.isAttach = true
            alter.mode = .shareUpdateExclusive
        } else if cursor.accept("SET") || cursor.accept("RESET") {
            alter.mode = RelationParameter.mode(of: try parameterNames(), isIndex: true)
        } else if cursor.accept("ALTER") {
            _ = cursor.accept("COLUMN")
            _ = try columnChange()
            alter.mode = .shareUpdateExclusive
        } else {
            throw UnknownSyntax(reason: "the model has no rule for this ALTER INDEX")
        }
        return .alterRelation(alter)
    }

    private mutating func alterView() throws(UnknownSyntax) -> StatementShape {
        let ifExists = cursor.acceptIfExists()
        var alter = AlterRelation(kind: .view, name: try cursor.relation(), ifExists: ifExists, mode: .accessExclusive)
        if cursor.accept("RENAME", "TO") { alter.renamedTo = try cursor.name() }
        return .alterRelation(alter)
    }

    private mutating func alterMaterializedView() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext("ALL") { throw UnknownSyntax(reason: "it names no relations, only a tablespace") }
        // Its subcommands are those of a table.
        return try alterTable()
    }

    private mutating func alterSequence() throws(UnknownSyntax) -> StatementShape {
        let ifExists = cursor.acceptIfExists()
        var alter = AlterRelation(
            kind: .sequence, name: try cursor.relation(), ifExists: ifExists, mode: .shareRowExclusive)
        if cursor.accept("RENAME", "TO") {
            alter.renamedTo = try cursor.name()
            alter.mode = .accessExclusive
        } else if cursor.isNext("OWNER") || cursor.isNext("SET") {
            alter.mode = .accessExclusive
        } else {
            alter.other = try sequenceOwner()
        }
        return .alterRelation(alter)
    }

    /// The table behind OWNED BY table.column, anywhere in what follows.
    mutating func sequenceOwner() throws(UnknownSyntax) -> RelationName? {
        while !cursor.isAtEnd {
            guard cursor.accept("OWNED", "BY") else {
                cursor.advance()
                continue
            }
            guard !cursor.isNext("NONE") else { return nil }
            var parts = [try cursor.name()]
            while cursor.accept(symbol: ".") { parts.append(try cursor.name()) }
            guard parts.count > 1 else { throw cursor.unexpected() }
            return RelationName(parts.count > 2 ? parts[parts.count - 3] : nil, parts[parts.count - 2])
        }
        return nil
    }

    private mutating func alterDomain() throws(UnknownSyntax) -> StatementShape {
        let name = try cursor.relation()
        if cursor.accept("SET", "NOT", "NULL") { return .alterDomain(name: name, change: .setNotNull) }
        if cursor.accept("VALIDATE") { return .alterDomain(name: name, change: .validate) }
        guard cursor.accept("ADD") else { return .alterDomain(name: name, change: .catalogOnly) }
        if cursor.accept("CONSTRAINT") { _ = try cursor.name() }
        let isNotNull = cursor.accept("NOT", "NULL")
        if !isNotNull {
            try cursor.expect("CHECK")
            try cursor.skipGroup()
        }
        let isValidated = !cursor.accept("NOT", "VALID")
        try cursor.expectEnd()
        return .alterDomain(name: name, change: .addConstraint(isNotNull: isNotNull, isValidated: isValidated))
    }

    private mutating func alterType() throws(UnknownSyntax) -> StatementShape {
        _ = try cursor.relation()
        if cursor.isNext("ADD", "VALUE") || cursor.isNext("RENAME", "VALUE") || cursor.isNext("RENAME", "TO")
            || cursor.isNext("OWNER") || cursor.isNext("SET", "SCHEMA")
        {
            return noRelation("a type")
        }
        throw UnknownSyntax(reason: "whether tables are made of this type the model does not follow")
    }
}
