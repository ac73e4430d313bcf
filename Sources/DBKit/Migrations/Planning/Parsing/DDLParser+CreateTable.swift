extension DDLParser {
    mutating func createTable(isTemporary: Bool) throws(UnknownSyntax) -> StatementShape {
        let ifNotExists = cursor.acceptIfExists()
        var table = CreateTable(name: try cursor.relation(), ifNotExists: ifNotExists, isTemporary: isTemporary)
        if cursor.accept("PARTITION", "OF") {
            table.partitionOf = try cursor.relation()
            if cursor.isNext(symbol: "(") { try elements(of: &table, isPartition: true) }
            if cursor.accept("DEFAULT") {
                table.isDefaultPartition = true
            } else {
                try cursor.expect("FOR", "VALUES")
            }
        } else if cursor.accept("OF") {
            table.ofType = try cursor.relation()
            if cursor.isNext(symbol: "(") { try elements(of: &table, isPartition: true) }
        } else if cursor.isNext(symbol: "("), !isOnlyNames() {
            try elements(of: &table, isPartition: false)
        } else if cursor.isNext(symbol: "(") {
            try cursor.skipGroup()
        }
        try tableOptions(&table)
        return .createTable(table)
    }

    /// `CREATE TABLE t (a, b) AS SELECT`: names without types.
    private func isOnlyNames() -> Bool {
        var look = cursor
        guard let group = try? look.group() else { return false }
        return !group.isEmpty && group.splitAtCommas().allSatisfy { $0.count == 1 }
    }

    private mutating func elements(of table: inout CreateTable, isPartition: Bool) throws(UnknownSyntax) {
        for part in try cursor.group().splitAtCommas() {
            var inner = DDLParser(cursor: DDLCursor(part))
            if inner.cursor.accept("LIKE") {
                table.likes.append(try inner.cursor.relation())
            } else if let constraint = try inner.tableConstraint() {
                table.constraints.append(constraint)
            } else {
                table.columns.append(try inner.column(isPartition: isPartition))
            }
        }
    }

    private mutating func tableOptions(_ table: inout CreateTable) throws(UnknownSyntax) {
        while !cursor.isAtEnd {
            if cursor.accept("INHERITS") {
                var inner = DDLCursor(try cursor.group())
                table.parents = try inner.relations()
            } else if cursor.accept("PARTITION", "BY") {
                table.isPartitioned = true
            } else if cursor.accept("AS") {
                if cursor.isNext("EXECUTE") {
                    throw UnknownSyntax(reason: "what a prepared statement reads is not known")
                }
                table.body = QueryReader.read(cursor.rest)
                return
            } else if cursor.isNext(symbol: "(") {
                try cursor.skipGroup()
            } else {
                cursor.advance()
            }
        }
    }
}
