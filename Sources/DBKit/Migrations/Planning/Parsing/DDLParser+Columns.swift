extension DDLParser {
    /// What may follow a column's type, or an expression in a column's definition.
    private static let constraintWords: Set<String> = [
        "CONSTRAINT", "NOT", "NULL", "UNIQUE", "PRIMARY", "CHECK", "REFERENCES", "GENERATED", "DEFAULT", "COLLATE",
        "DEFERRABLE", "INITIALLY", "ENFORCED", "COMPRESSION", "STORAGE", "NO",
    ]

    /// A column's definition, from its name on.
    mutating func column(isPartition: Bool = false) throws(UnknownSyntax) -> NewColumn {
        var column = NewColumn(name: try cursor.name())
        if !isPartition { column.type = try typeName() } else { _ = cursor.accept("WITH", "OPTIONS") }
        if column.type?.isSerial == true { column.isNotNull = true }
        while let token = cursor.current, !token.isSymbol(","), !token.isClosing {
            try columnConstraint(&column)
        }
        return column
    }

    private mutating func columnConstraint(_ column: inout NewColumn) throws(UnknownSyntax) {
        var name: String?
        if cursor.accept("CONSTRAINT") { name = try cursor.name() }
        switch try cursor.word() {
        case "NOT":
            if cursor.accept("NULL") {
                column.isNotNull = true
                _ = cursor.accept("NO", "INHERIT")
            } else if cursor.accept("ENFORCED"), !column.constraints.isEmpty {
                column.constraints[column.constraints.count - 1].isEnforced = false
                column.constraints[column.constraints.count - 1].isValidated = false
            } else {
                try cursor.expect("DEFERRABLE")
            }
        case "NULL", "DEFERRABLE", "ENFORCED": break
        case "INITIALLY": cursor.advance()
        case "NO": try cursor.expect("INHERIT")
        case "DEFAULT":
            let expression = try cursor.expression(until: Self.constraintWords)
            column.hasNullDefault = expression.count == 1 && expression.first?.keyword == "NULL"
            column.defaultCalls = QueryReader.calls(in: expression)
        case "COLLATE": _ = try cursor.relation()
        case "COMPRESSION", "STORAGE": cursor.advance()
        case "GENERATED": try generation(&column)
        case "CHECK":
            let kind = NewConstraint.Kind.check(provesNotNull: NotNullProof.columns(in: try cursor.group()))
            column.constraints.append(NewConstraint(kind: kind, name: name))
        case "UNIQUE":
            try indexParameters()
            column.constraints.append(
                NewConstraint(kind: .unique(columns: [column.name], isPrimary: false), name: name))
        case "PRIMARY":
            try cursor.expect("KEY")
            try indexParameters()
            column.constraints.append(
                NewConstraint(kind: .unique(columns: [column.name], isPrimary: true), name: name))
        case "REFERENCES":
            let target = try referenced()
            column.constraints.append(
                NewConstraint(kind: .foreignKey(columns: [column.name], target: target), name: name))
        default: throw UnknownSyntax(reason: "the model does not know this part of a column's definition")
        }
    }

    private mutating func generation(_ column: inout NewColumn) throws(UnknownSyntax) {
        if !cursor.accept("ALWAYS") { try cursor.expect("BY", "DEFAULT") }
        try cursor.expect("AS")
        if cursor.accept("IDENTITY") {
            column.generation = .identity
            column.isNotNull = true
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
            return
        }
        column.defaultCalls = QueryReader.calls(in: try cursor.group())
        column.generation = cursor.accept("STORED") ? .stored : cursor.accept("VIRTUAL") ? .virtual : .unsaid
    }

    /// What follows REFERENCES, up to DEFERRABLE and its like.
    mutating func referenced() throws(UnknownSyntax) -> RelationName {
        let target = try cursor.relation()
        if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        while true {
            if cursor.accept("MATCH") {
                cursor.advance()
            } else if cursor.accept("ON", "DELETE") || cursor.accept("ON", "UPDATE") {
                if !cursor.accept("NO", "ACTION"), !cursor.accept("RESTRICT"), !cursor.accept("CASCADE") {
                    try cursor.expect("SET")
                    cursor.advance()
                    if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
                }
            } else {
                return target
            }
        }
    }

    /// What may follow UNIQUE (…) and PRIMARY KEY (…).
    mutating func indexParameters() throws(UnknownSyntax) {
        if cursor.accept("NULLS") {
            _ = cursor.accept("NOT")
            try cursor.expect("DISTINCT")
        }
        if cursor.accept("INCLUDE") { try cursor.skipGroup() }
        if cursor.accept("WITH") { try cursor.skipGroup() }
        if cursor.accept("USING", "INDEX", "TABLESPACE") { _ = try cursor.name() }
    }

    /// ALTER [COLUMN] …, from the column's name on.
    mutating func columnChange() throws(UnknownSyntax) -> TableChange {
        // SET STATISTICS may name a column of an index by its number.
        if cursor.current?.kind == .number {
            cursor.advance()
            try cursor.expect("SET", "STATISTICS")
            cursor.skipToComma()
            return .setStatistics
        }
        let column = try cursor.name()
        if cursor.accept("TYPE") || cursor.accept("SET", "DATA", "TYPE") { return try typeChange(column) }
        if cursor.accept("SET", "DEFAULT") {
            _ = try cursor.expression()
            return .setDefault(column: column)
        }
        if cursor.accept("DROP", "DEFAULT") { return .dropDefault(column: column) }
        if cursor.accept("SET", "NOT", "NULL") { return .setNotNull(column: column) }
        if cursor.accept("DROP", "NOT", "NULL") { return .dropNotNull(column: column) }
        if cursor.accept("SET", "EXPRESSION", "AS") {
            try cursor.skipGroup()
            return .setExpression(column: column)
        }
        if cursor.accept("DROP", "EXPRESSION") {
            _ = cursor.acceptIfExists()
            return .dropExpression(column: column)
        }
        if cursor.accept("DROP", "IDENTITY") {
            _ = cursor.acceptIfExists()
            return .changeIdentity(column: column)
        }
        if cursor.accept("ADD", "GENERATED") {
            cursor.skipToComma()
            return .addIdentity(column: column)
        }
        if cursor.accept("SET", "STATISTICS") {
            cursor.skipToComma()
            return .setStatistics
        }
        if cursor.accept("SET", "STORAGE") {
            cursor.advance()
            return .setStorage
        }
        if cursor.accept("SET", "COMPRESSION") {
            cursor.advance()
            return .setCompression
        }
        if cursor.accept("OPTIONS") {
            try cursor.skipGroup()
            return .foreignOptions
        }
        if cursor.isNext("SET", "GENERATED") || cursor.isNext("RESTART") || cursor.isNext("SET"),
            !(cursor.peek(1)?.isSymbol("(") ?? false)
        {
            cursor.skipToComma()
            return .changeIdentity(column: column)
        }
        if cursor.accept("SET") || cursor.accept("RESET") {
            try cursor.skipGroup()
            return .setColumnOptions
        }
        throw UnknownSyntax(reason: "the model has no rule for this ALTER COLUMN")
    }

    private mutating func typeChange(_ column: String) throws(UnknownSyntax) -> TableChange {
        let type = try typeName()
        let collates = cursor.accept("COLLATE")
        if collates { _ = try cursor.relation() }
        var hasUsing = false
        if cursor.accept("USING") {
            hasUsing = !CastReader.isPlainCast(try cursor.expression(), of: column, to: type)
        }
        return .alterType(column: column, type: type, hasUsing: hasUsing, collates: collates)
    }
}
