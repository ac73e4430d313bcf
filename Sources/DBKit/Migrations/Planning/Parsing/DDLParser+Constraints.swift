extension DDLParser {
    private static let constraintStarts: Set<String> = [
        "CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE",
    ]

    /// A table's constraint; nil: what follows is a column.
    mutating func tableConstraint() throws(UnknownSyntax) -> NewConstraint? {
        // NOT NULL a: 18.
        guard cursor.isNext(oneOf: Self.constraintStarts) || cursor.isNext("NOT", "NULL") else { return nil }
        var name: String?
        if cursor.accept("CONSTRAINT") { name = try cursor.name() }
        var constraint = NewConstraint(kind: try constraintKind(), name: name)
        while let token = cursor.current, !token.isSymbol(","), !token.isClosing {
            if cursor.accept("NOT", "VALID") {
                constraint.isValidated = false
            } else if cursor.accept("NOT", "ENFORCED") {
                constraint.isEnforced = false
                constraint.isValidated = false
            } else if cursor.accept("INITIALLY") {
                cursor.advance()
            } else if cursor.accept("NO", "INHERIT") || cursor.accept("NOT", "DEFERRABLE")
                || cursor.accept("DEFERRABLE")
                || cursor.accept("ENFORCED")
            {
                continue
            } else {
                throw cursor.unexpected()
            }
        }
        return constraint
    }

    private mutating func constraintKind() throws(UnknownSyntax) -> NewConstraint.Kind {
        switch try cursor.word() {
        case "CHECK": return .check(provesNotNull: NotNullProof.columns(in: try cursor.group()))
        case "NOT":
            try cursor.expect("NULL")
            return .notNull(column: try cursor.name())
        case "UNIQUE": return try keyConstraint(isPrimary: false)
        case "PRIMARY":
            try cursor.expect("KEY")
            return try keyConstraint(isPrimary: true)
        case "FOREIGN":
            try cursor.expect("KEY")
            let columns = try columnNames(in: try cursor.group())
            try cursor.expect("REFERENCES")
            return .foreignKey(columns: columns, target: try referenced())
        case "EXCLUDE":
            if cursor.accept("USING") { _ = try cursor.name() }
            try cursor.skipGroup()
            try indexParameters()
            if cursor.accept("WHERE") { try cursor.skipGroup() }
            return .exclude
        default: throw UnknownSyntax(reason: "the model does not know this constraint")
        }
    }

    private mutating func keyConstraint(isPrimary: Bool) throws(UnknownSyntax) -> NewConstraint.Kind {
        if cursor.accept("USING", "INDEX") { return .usingIndex(try cursor.name(), isPrimary: isPrimary) }
        if cursor.accept("NULLS") {
            _ = cursor.accept("NOT")
            try cursor.expect("DISTINCT")
        }
        let columns = try columnNames(in: try cursor.group())
        try indexParameters()
        return .unique(columns: columns, isPrimary: isPrimary)
    }

    func columnNames(in tokens: ArraySlice<DDLToken>) throws(UnknownSyntax) -> [String] {
        var names: [String] = []
        for part in tokens.splitAtCommas() {
            var inner = DDLCursor(part)
            // PERIOD valid_at, valid_at WITHOUT OVERLAPS: 18.
            if part.count > 1 { _ = inner.accept("PERIOD") }
            names.append(try inner.name())
        }
        return names
    }
}

/// Finds in a condition the columns that it proves to hold no NULL, by the rule of the server: a conjunct that says
/// `column IS NOT NULL`. Comparisons prove nothing, since NULL passes a CHECK.
enum NotNullProof {
    static func columns(in condition: ArraySlice<DDLToken>) -> Set<String> {
        let tokens = unwrapped(condition)
        if tokens.count == 4, let name = tokens.first?.name,
            tokens.dropFirst().map(\.keyword) == ["IS", "NOT", "NULL"]
        {
            return [name]
        }
        var depth = 0
        var hasOther = false
        let parts = tokens.split { token in
            if token.isOpening { depth += 1 }
            if token.isClosing { depth -= 1 }
            // BETWEEN has an AND of its own.
            if depth == 0, ["OR", "BETWEEN", "CASE"].contains(token.keyword) { hasOther = true }
            return depth == 0 && token.keyword == "AND"
        }
        guard parts.count > 1, !hasOther else { return [] }
        return parts.reduce(into: []) { $0.formUnion(columns(in: $1)) }
    }

    /// A definition of `pg_get_constraintdef`: `CHECK ((a IS NOT NULL)) NOT VALID`.
    static func columns(definition: String) -> Set<String> {
        guard let script = try? SQLScript(definition), let statement = script.statements.first else { return [] }
        var cursor = DDLCursor(script.ddlTokens(of: statement))
        guard cursor.accept("CHECK"), let condition = try? cursor.group() else { return [] }
        return columns(in: condition)
    }

    private static func unwrapped(_ tokens: ArraySlice<DDLToken>) -> ArraySlice<DDLToken> {
        var cursor = DDLCursor(tokens)
        guard cursor.isNext(symbol: "("), let inner = try? cursor.group(), cursor.isAtEnd else { return tokens }
        return unwrapped(inner)
    }
}
