extension DDLParser {
    private static let fields: Set<String> = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]

    mutating func typeName() throws(UnknownSyntax) -> TypeName {
        if cursor.isNext("SETOF") { throw cursor.unexpected() }
        var type = TypeName(base: try baseName())
        if cursor.isNext(symbol: "(") {
            for part in try cursor.group().splitAtCommas() {
                // A negative scale of a numeric has a sign.
                let text = part.map(\.text).joined()
                if let number = Int(text) { type.modifiers.append(number) } else { type.hasUnknownModifier = true }
            }
        }
        if ["time", "timestamp"].contains(type.base) {
            if cursor.accept("WITH", "TIME", "ZONE") { type.base += " with time zone" }
            _ = cursor.accept("WITHOUT", "TIME", "ZONE")
        }
        if type.base == "interval", cursor.isNext(oneOf: Self.fields) {
            type.hasUnknownModifier = true
            cursor.advance()
            if cursor.accept("TO") { cursor.advance() }
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        }
        while cursor.isNext(symbol: "[") {
            type.isArray = true
            try cursor.skipGroup()
        }
        if cursor.accept("ARRAY") {
            type.isArray = true
            if cursor.isNext(symbol: "[") { try cursor.skipGroup() }
        }
        // The standard's defaults: char and bit are of length 1.
        if type.modifiers.isEmpty, ["char", "character", "bit", "nchar"].contains(type.base) { type.modifiers = [1] }
        return type
    }

    private mutating func baseName() throws(UnknownSyntax) -> String {
        if cursor.accept("DOUBLE", "PRECISION") { return "double precision" }
        if cursor.accept("CHARACTER", "VARYING") || cursor.accept("CHAR", "VARYING") { return "character varying" }
        if cursor.accept("BIT", "VARYING") { return "bit varying" }
        if cursor.accept("NATIONAL") {
            cursor.advance()
            return cursor.accept("VARYING") ? "character varying" : "character"
        }
        let quoted = cursor.current?.kind == .quotedName
        let name = try cursor.relation()
        if name.schema == nil, !quoted {
            guard RelationName.shown(name.name) == name.name else { throw cursor.unexpected() }
            return name.name
        }
        do {
            return try name.quoted
        } catch {
            throw UnknownSyntax(reason: "“\(name)” is no name")
        }
    }
}

/// Tells whether USING says only what is so without it.
enum CastReader {
    /// `col`, `col::type`, `(col)::type` or `CAST(col AS type)`, of the column itself to the new type.
    static func isPlainCast(_ tokens: ArraySlice<DDLToken>, of column: String, to type: TypeName) -> Bool {
        var parser = DDLParser(cursor: DDLCursor(tokens))
        if parser.cursor.accept("CAST") {
            guard let inner = try? parser.cursor.group(), parser.cursor.isAtEnd else { return false }
            var cast = DDLParser(cursor: DDLCursor(inner))
            return cast.acceptColumn(column) && cast.cursor.accept("AS") && cast.isExactly(type)
        }
        guard parser.acceptColumn(column) else { return false }
        if parser.cursor.isAtEnd { return true }
        return parser.cursor.accept(symbol: ":") && parser.cursor.accept(symbol: ":") && parser.isExactly(type)
    }
}

extension DDLParser {
    fileprivate mutating func acceptColumn(_ column: String) -> Bool {
        if cursor.isNext(symbol: "("), let inner = try? cursor.group() {
            var nested = DDLParser(cursor: DDLCursor(inner))
            return nested.acceptColumn(column) && nested.cursor.isAtEnd
        }
        guard let name = try? cursor.name() else { return false }
        return name == column
    }

    fileprivate mutating func isExactly(_ type: TypeName) -> Bool {
        guard let found = try? typeName() else { return false }
        return found == type && cursor.isAtEnd
    }
}
