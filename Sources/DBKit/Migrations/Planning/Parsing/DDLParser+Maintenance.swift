import Postgres

extension DDLParser {
    mutating func truncate() throws(UnknownSyntax) -> StatementShape {
        _ = cursor.accept("TABLE")
        let tables = try tableReferences()
        _ = cursor.accept("RESTART", "IDENTITY") || cursor.accept("CONTINUE", "IDENTITY")
        let cascade = acceptCascade()
        try cursor.expectEnd()
        return .truncate(tables: tables, cascade: cascade)
    }

    mutating func lock() throws(UnknownSyntax) -> StatementShape {
        _ = cursor.accept("TABLE")
        let tables = try tableReferences()
        var words: [String] = []
        if cursor.accept("IN") {
            while !cursor.accept("MODE") { words.append(try cursor.word()) }
        }
        guard let mode = words.isEmpty ? .accessExclusive : LockMode(sql: words.joined(separator: " ")) else {
            throw UnknownSyntax(reason: "there is no lock mode \(words.joined(separator: " "))")
        }
        return .lockTable(tables, mode)
    }

    mutating func vacuum() throws(UnknownSyntax) -> StatementShape {
        var isFull = false
        if cursor.isNext(symbol: "(") {
            let options = try cursor.group().splitAtCommas()
            let full = options.last { $0.first?.keyword == "FULL" }
            isFull = full.map { !["FALSE", "OFF", "0"].contains($0.last?.text.uppercased() ?? "") } ?? false
        }
        while cursor.isNext(oneOf: ["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]) {
            isFull = isFull || cursor.isNext("FULL")
            cursor.advance()
        }
        return .vacuum(tables: try names(), isFull: isFull)
    }

    mutating func maintained() throws(UnknownSyntax) -> [RelationName] {
        if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        _ = cursor.accept("VERBOSE")
        return try names()
    }

    private mutating func names() throws(UnknownSyntax) -> [RelationName] {
        guard !cursor.isAtEnd else { throw UnknownSyntax(reason: "it takes every table of the database in turn") }
        var list: [RelationName] = []
        repeat {
            list.append(try tableReference().name)
            if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        } while cursor.accept(symbol: ",")
        try cursor.expectEnd()
        return list
    }

    mutating func cluster() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        _ = cursor.accept("VERBOSE")
        guard !cursor.isAtEnd else { throw UnknownSyntax(reason: "it takes every clustered table in turn") }
        let first = try cursor.relation()
        // CLUSTER index ON table: the form of old.
        if cursor.accept("ON") { return .cluster(try cursor.relation()) }
        if cursor.accept("USING") { _ = try cursor.name() }
        return .cluster(first)
    }

    mutating func reindex() throws(UnknownSyntax) -> StatementShape {
        var concurrently = false
        if cursor.isNext(symbol: "(") {
            for option in try cursor.group().splitAtCommas() where option.first?.keyword == "CONCURRENTLY" {
                concurrently = !["FALSE", "OFF", "0"].contains(option.last?.text.uppercased() ?? "")
            }
        }
        let isIndex = cursor.accept("INDEX")
        if !isIndex, !cursor.accept("TABLE") {
            throw UnknownSyntax(reason: "it takes the tables of a schema or database in turn")
        }
        concurrently = cursor.accept("CONCURRENTLY") || concurrently
        return .reindex(Reindex(isIndex: isIndex, name: try cursor.relation(), concurrently: concurrently))
    }

    mutating func refresh() throws(UnknownSyntax) -> StatementShape {
        try cursor.expect("MATERIALIZED", "VIEW")
        let concurrently = cursor.accept("CONCURRENTLY")
        let name = try cursor.relation()
        let withData = !cursor.accept("WITH", "NO", "DATA")
        return .refresh(name: name, concurrently: concurrently, withData: withData)
    }

    /// COMMENT locks the relation that it is about; of what belongs to a relation, that one.
    mutating func comment() throws(UnknownSyntax) -> StatementShape {
        try cursor.expect("ON")
        let kinds: Set<String> = ["TABLE", "VIEW", "INDEX", "SEQUENCE"]
        if cursor.isNext(oneOf: kinds) {
            cursor.advance()
            return .onRelation(try cursor.relation(), .shareUpdateExclusive, recurses: false, isOptional: false)
        }
        if cursor.accept("MATERIALIZED", "VIEW") || cursor.accept("FOREIGN", "TABLE") {
            return .onRelation(try cursor.relation(), .shareUpdateExclusive, recurses: false, isOptional: false)
        }
        if cursor.accept("COLUMN") {
            var parts = [try cursor.name()]
            while cursor.accept(symbol: ".") { parts.append(try cursor.name()) }
            guard parts.count > 1 else { throw cursor.unexpected() }
            let table = RelationName(parts.count > 2 ? parts[parts.count - 3] : nil, parts[parts.count - 2])
            return .onRelation(table, .shareUpdateExclusive, recurses: false, isOptional: false)
        }
        if cursor.isNext(oneOf: ["CONSTRAINT", "TRIGGER", "POLICY", "RULE"]) {
            cursor.advance()
            _ = try cursor.name()
            try cursor.expect("ON")
            if cursor.accept("DOMAIN") { return noRelation("a comment") }
            return .onRelation(try cursor.relation(), .accessShare, recurses: false, isOptional: false)
        }
        return noRelation("a comment")
    }

    mutating func copy() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext(symbol: "(") { return .query(QueryReader.read(try cursor.group())) }
        let table = TableReference(name: try cursor.relation(), only: true)
        if cursor.isNext(symbol: "(") { try cursor.skipGroup() }
        if cursor.accept("TO") { return .query(QueryShape(reads: [table])) }
        try cursor.expect("FROM")
        return .query(
            QueryShape(writes: [QueryShape.Write(verb: .copy, table: table, columns: nil, hasCondition: false)]))
    }
}

/// The lock that a storage parameter needs. Source: `AlterTableGetRelOptionsLockLevel` and `reloptions.c`.
enum RelationParameter {
    /// Those of tables that only VACUUM and new rows look at.
    private static let ofTables: Set<String> = [
        "fillfactor", "toast_tuple_target", "parallel_workers", "vacuum_truncate", "vacuum_index_cleanup",
        "log_autovacuum_min_duration", "vacuum_max_eager_freeze_failure_rate",
    ]

    static func mode(of names: [String], isIndex: Bool) -> LockMode {
        let isLight = names.allSatisfy { name in
            isIndex
                ? ["fillfactor", "deduplicate_items"].contains(name)
                : ofTables.contains(name) || name.hasPrefix("autovacuum_")
        }
        return isLight ? .shareUpdateExclusive : .accessExclusive
    }
}
