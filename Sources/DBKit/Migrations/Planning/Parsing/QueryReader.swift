/// Finds in a query the relations that it names and the functions that it calls, without parsing expressions.
struct QueryReader {
    private enum Place { case elsewhere, relationExpected, betweenRelations }

    private let tokens: [DDLToken]
    private var shape = QueryShape()
    private var commonTables: Set<String> = []

    static func read(_ tokens: some Collection<DDLToken>) -> QueryShape {
        var reader = QueryReader(tokens: Array(tokens))
        reader.findCommonTables()
        reader.findReads()
        reader.findWrites()
        reader.shape.calls = calls(in: reader.tokens)
        return reader.shape
    }

    private init(tokens: [DDLToken]) { self.tokens = tokens }

    private func token(_ index: Int) -> DDLToken? { tokens.indices.contains(index) ? tokens[index] : nil }
    private func keyword(_ index: Int) -> String { token(index)?.keyword ?? "" }

    /// `name [(columns)] AS [[NOT] MATERIALIZED] (` behind WITH or a comma.
    private mutating func findCommonTables() {
        for index in tokens.indices where keyword(index) == "AS" {
            var next = index + 1
            if keyword(next) == "NOT" { next += 1 }
            if keyword(next) == "MATERIALIZED" { next += 1 }
            guard token(next)?.isSymbol("(") == true else { continue }
            var place = index - 1
            if token(place)?.isClosing == true {
                var depth = 0
                repeat {
                    if token(place)?.isClosing == true { depth += 1 }
                    if token(place)?.isOpening == true { depth -= 1 }
                    place -= 1
                } while depth > 0 && place >= 0
            }
            guard let name = token(place)?.name,
                ["WITH", "RECURSIVE"].contains(keyword(place - 1)) || token(place - 1)?.isSymbol(",") == true
            else { continue }
            commonTables.insert(name)
        }
    }

    /// What follows FROM, JOIN and USING, and the commas between.
    private mutating func findReads() {
        let ends: Set<String> = [
            "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "OFFSET", "FETCH",
            "FOR", "SET", "RETURNING", "VALUES", "SELECT", "ON", "WHEN",
        ]
        var stack: [(place: Place, ownsFrom: Bool)] = [(.elsewhere, false)]
        var index = 0
        while index < tokens.count {
            let item = tokens[index]
            let top = stack.count - 1
            if item.isOpening {
                let isFunction = Self.usesFromItself.contains(keyword(index - 1))
                let wasExpected = stack[top].place == .relationExpected
                let isJoin = wasExpected && !["SELECT", "WITH", "VALUES", "TABLE"].contains(keyword(index + 1))
                if wasExpected { stack[top].place = .betweenRelations }
                stack.append((isJoin ? .relationExpected : .elsewhere, isFunction))
                index += 1
                continue
            }
            if item.isClosing {
                if stack.count > 1 { stack.removeLast() }
                index += 1
                continue
            }
            switch item.keyword {
            case "FROM" where keyword(index - 1) != "DISTINCT" && !stack[top].ownsFrom, "JOIN", "USING":
                stack[top].place =
                    token(index + 1)?.isOpening == true && item.keyword == "USING"
                    ? .betweenRelations : .relationExpected
            case "TABLE" where ["SELECT", "FROM"].contains(keyword(index - 1)) == false && index == 0:
                stack[top].place = .relationExpected
            case "ONLY", "LATERAL": break
            case "FOR":
                findRowLocks(index)
                stack[top].place = .elsewhere
            case "ON" where stack[top].place == .betweenRelations:
                break
            case _ where ends.contains(item.keyword): stack[top].place = .elsewhere
            default:
                if item.isSymbol(","), stack[top].place == .betweenRelations {
                    stack[top].place = .relationExpected
                } else if stack[top].place == .relationExpected, item.name != nil {
                    stack[top].place = .betweenRelations
                    index = record(index)
                    continue
                }
            }
            index += 1
        }
    }

    /// Functions of the standard with a FROM between their arguments.
    private static let usesFromItself: Set<String> = ["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"]

    private mutating func record(_ index: Int) -> Int {
        guard let (name, next) = relation(at: index) else { return index + 1 }
        // A function in FROM.
        if token(next)?.isSymbol("(") == true { return next }
        if name.schema == nil, commonTables.contains(name.name) { return next }
        let only = keyword(index - 1) == "ONLY"
        shape.reads.append(TableReference(name: name, only: only))
        return next
    }

    private func relation(at index: Int) -> (RelationName, Int)? {
        guard let first = token(index)?.name else { return nil }
        guard token(index + 1)?.isSymbol(".") == true, let second = token(index + 2)?.name else {
            return (RelationName(first), index + 1)
        }
        guard token(index + 3)?.isSymbol(".") == true, let third = token(index + 4)?.name else {
            return (RelationName(first, second), index + 3)
        }
        return (RelationName(second, third), index + 5)
    }

    private mutating func findRowLocks(_ index: Int) {
        let words = (1...3).map { keyword(index + $0) }
        let isLock = words[0] == "UPDATE" || words[0] == "SHARE" || words[0] == "NO" || words[0] == "KEY"
        guard isLock else { return }
        shape.locksRows = true
        if words.contains("OF") { shape.doubt = "which of its tables FOR … OF locks rows of is not told apart" }
    }

    private mutating func findWrites() {
        for index in tokens.indices {
            let before = keyword(index - 1)
            let verb: QueryShape.Verb
            var place = index + 1
            switch (tokens[index].keyword, keyword(index + 1)) {
            case ("INSERT", "INTO"): (verb, place) = (.insert, index + 2)
            case ("MERGE", "INTO"): (verb, place) = (.merge, index + 2)
            case ("DELETE", "FROM"): (verb, place) = (.delete, index + 2)
            case ("UPDATE", let next) where !["FOR", "DO", "KEY", "THEN", "ON"].contains(before) && next != "SET":
                verb = .update
            default: continue
            }
            let only = keyword(place) == "ONLY"
            if only { place += 1 }
            guard let (name, next) = relation(at: place) else { continue }
            let table = TableReference(name: name, only: only)
            // DELETE FROM was found as a FROM, too.
            if verb == .delete, let read = shape.reads.firstIndex(of: table) { shape.reads.remove(at: read) }
            shape.writes.append(
                QueryShape.Write(
                    verb: verb, table: table, columns: verb == .update ? assigned(from: next) : nil,
                    hasCondition: tokens[place...].contains { $0.keyword == "WHERE" }))
            if verb == .insert, hasUpsert(from: next) {
                shape.writes[shape.writes.count - 1].columns = assigned(from: next)
            }
        }
    }

    private func hasUpsert(from index: Int) -> Bool {
        tokens[index...].indices.contains { keyword($0) == "CONFLICT" && keyword($0 + 2) == "UPDATE" }
    }

    /// The names before `=` behind SET; nil when they are not read for certain.
    private func assigned(from index: Int) -> Set<String>? {
        guard let start = tokens[index...].firstIndex(where: { $0.keyword == "SET" }) else { return nil }
        var cursor = DDLCursor(tokens[(start + 1)...])
        var names: Set<String> = []
        repeat {
            guard let name = try? cursor.name(), cursor.isNext(symbol: "=") else { return nil }
            names.insert(name)
            guard (try? cursor.expression(until: ["WHERE", "FROM", "RETURNING"])) != nil else { return nil }
        } while cursor.accept(symbol: ",")
        return names
    }

    /// The functions that an expression or a query calls: a name before a parenthesis.
    static func calls(in tokens: some Collection<DDLToken>) -> [FunctionCall] {
        let list = Array(tokens)
        return list.indices.compactMap { index in
            guard index > 0, list[index].isSymbol("("), let name = list[index - 1].name,
                !notFunctions.contains(list[index - 1].keyword)
            else { return nil }
            let isQualified = index > 2 && list[index - 2].isSymbol(".")
            // Of no call are the names behind INTO, AS, TABLE: lists of columns.
            let before = index > 1 ? list[isQualified ? max(0, index - 4) : index - 2] : nil
            if let before, ["INTO", "AS", "TABLE", "REFERENCES", "WITH"].contains(before.keyword) { return nil }
            var cursor = DDLCursor(list[index...])
            let inner = (try? cursor.group()) ?? []
            return FunctionCall(
                name: RelationName(isQualified ? list[index - 3].name : nil, name),
                arguments: inner.splitAtCommas().count)
        }
    }

    private static let notFunctions: Set<String> = [
        "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "EXISTS", "ANY", "ALL", "SOME", "VALUES", "AS", "USING",
        "ON", "JOIN", "UNION", "EXCEPT", "INTERSECT", "CASE", "WHEN", "THEN", "ELSE", "BY", "OVER", "FILTER", "GROUP",
        "ARRAY", "ROW", "DISTINCT", "CONFLICT", "SET", "LIKE", "ILIKE", "BETWEEN", "IS", "LATERAL", "RETURNING",
        "COALESCE", "NULLIF", "GREATEST", "LEAST", "CAST", "VARCHAR", "CHAR", "NUMERIC", "DECIMAL", "TIMESTAMP",
        "TIMESTAMPTZ", "TIME", "INTERVAL", "CHARACTER", "VARYING", "BIT", "FLOAT", "MATERIALIZED", "HAVING", "LIMIT",
        "OFFSET", "GROUPING", "SETS", "ROLLUP", "CUBE", "PARTITION", "WITHIN", "EXTRACT", "POSITION", "OVERLAY", "TRIM",
        "SUBSTRING", "SIMILAR", "TO", "END", "NULL", "PRECISION", "TABLESAMPLE", "COLLATE", "DEFAULT", "CHECK",
    ]
}
