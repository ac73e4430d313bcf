extension DDLParser {
    mutating func alterTable() throws(UnknownSyntax) -> StatementShape {
        if cursor.isNext("ALL", "IN", "TABLESPACE") {
            throw UnknownSyntax(reason: "it names no tables, only a tablespace")
        }
        let ifExists = cursor.acceptIfExists()
        let table = try tableReference()
        var changes = [try tableChange()]
        while cursor.accept(symbol: ",") { changes.append(try tableChange()) }
        try cursor.expectEnd()
        return .alterTable(AlterTable(table: table, ifExists: ifExists, changes: changes))
    }

    private mutating func tableChange() throws(UnknownSyntax) -> TableChange {
        switch try cursor.word() {
        case "ADD": return try addition()
        case "DROP": return try removal()
        case "ALTER":
            if cursor.accept("CONSTRAINT") {
                let name = try cursor.name()
                cursor.skipToComma()
                return .alterConstraint(name)
            }
            _ = cursor.accept("COLUMN")
            return try columnChange()
        case "VALIDATE":
            try cursor.expect("CONSTRAINT")
            return .validateConstraint(try cursor.name())
        case "RENAME": return try renaming()
        case "ENABLE", "DISABLE": return try switching()
        case "FORCE":
            try cursor.expect("ROW", "LEVEL", "SECURITY")
            return .rowSecurity
        case "NO":
            if cursor.accept("FORCE", "ROW", "LEVEL", "SECURITY") { return .rowSecurity }
            try cursor.expect("INHERIT")
            return .noInherit(try cursor.relation())
        case "CLUSTER":
            try cursor.expect("ON")
            _ = try cursor.name()
            return .clusterOn
        case "SET": return try tableSetting()
        case "RESET": return .setParameters(try parameterNames())
        case "INHERIT": return .inherit(try cursor.relation())
        case "OF":
            _ = try cursor.relation()
            return .ofType
        case "NOT":
            try cursor.expect("OF")
            return .ofType
        case "OWNER":
            try cursor.expect("TO")
            cursor.advance()
            return .owner
        case "REPLICA":
            try cursor.expect("IDENTITY")
            cursor.skipToComma()
            return .replicaIdentity
        case "ATTACH": return try attachment()
        case "DETACH":
            try cursor.expect("PARTITION")
            let name = try cursor.relation()
            return .detachPartition(
                name, concurrently: cursor.accept("CONCURRENTLY"), isFinal: cursor.accept("FINALIZE"))
        case "OPTIONS":
            try cursor.skipGroup()
            return .foreignOptions
        default: throw UnknownSyntax(reason: "the model has no rule for this kind of ALTER TABLE")
        }
    }

    private mutating func addition() throws(UnknownSyntax) -> TableChange {
        if !cursor.isNext("COLUMN"), let constraint = try tableConstraint() { return .addConstraint(constraint) }
        _ = cursor.accept("COLUMN")
        let ifNotExists = cursor.acceptIfExists()
        return .addColumn(try column(), ifNotExists: ifNotExists)
    }

    private mutating func removal() throws(UnknownSyntax) -> TableChange {
        let isConstraint = cursor.accept("CONSTRAINT")
        if !isConstraint { _ = cursor.accept("COLUMN") }
        let ifExists = cursor.acceptIfExists()
        let name = try cursor.name()
        let cascade = acceptCascade()
        return isConstraint
            ? .dropConstraint(name, ifExists: ifExists, cascade: cascade)
            : .dropColumn(name, ifExists: ifExists, cascade: cascade)
    }

    mutating func acceptCascade() -> Bool {
        let cascade = cursor.accept("CASCADE")
        if !cascade { _ = cursor.accept("RESTRICT") }
        return cascade
    }

    private mutating func renaming() throws(UnknownSyntax) -> TableChange {
        if cursor.accept("TO") { return .renameTable(try cursor.name()) }
        if cursor.accept("CONSTRAINT") {
            let name = try cursor.name()
            try cursor.expect("TO")
            _ = try cursor.name()
            return .renameConstraint(name)
        }
        _ = cursor.accept("COLUMN")
        let old = try cursor.name()
        try cursor.expect("TO")
        return .renameColumn(from: old, to: try cursor.name())
    }

    private mutating func switching() throws(UnknownSyntax) -> TableChange {
        if cursor.accept("ROW", "LEVEL", "SECURITY") { return .rowSecurity }
        if !cursor.accept("REPLICA") { _ = cursor.accept("ALWAYS") }
        let isTrigger = cursor.accept("TRIGGER")
        if !isTrigger { try cursor.expect("RULE") }
        _ = try cursor.name()
        return isTrigger ? .triggers : .rules
    }

    private mutating func tableSetting() throws(UnknownSyntax) -> TableChange {
        if cursor.isNext(symbol: "(") { return .setParameters(try parameterNames()) }
        switch try cursor.word() {
        case "LOGGED": return .setLogged(true)
        case "UNLOGGED": return .setLogged(false)
        case "TABLESPACE":
            let name = try cursor.name()
            _ = cursor.accept("NOWAIT")
            return .setTablespace(name)
        case "ACCESS":
            try cursor.expect("METHOD")
            let isDefault = cursor.isNext("DEFAULT")
            let name = try cursor.name()
            return .setAccessMethod(isDefault ? nil : name)
        case "WITHOUT":
            if cursor.accept("CLUSTER") { return .clusterOn }
            throw UnknownSyntax(reason: "the model has no rule for SET WITHOUT OIDS")
        case "SCHEMA": return .setSchema(try cursor.name())
        default: throw UnknownSyntax(reason: "the model has no rule for this ALTER TABLE … SET")
        }
    }

    /// `(fillfactor = 50, toast.autovacuum_enabled = off)` gives the names, lower case, without `toast.`.
    mutating func parameterNames() throws(UnknownSyntax) -> [String] {
        var names: [String] = []
        for part in try cursor.group().splitAtCommas() {
            var inner = DDLCursor(part)
            let first = try inner.name()
            names.append(inner.accept(symbol: ".") ? try inner.name() : first)
        }
        return names
    }

    private mutating func attachment() throws(UnknownSyntax) -> TableChange {
        try cursor.expect("PARTITION")
        let name = try cursor.relation()
        if cursor.accept("DEFAULT") { return .attachPartition(name, isDefault: true) }
        try cursor.expect("FOR", "VALUES")
        cursor.skipToComma()
        return .attachPartition(name, isDefault: false)
    }
}

extension DDLCursor {
    /// To what separates it from the next part of the statement, or to the end.
    mutating func skipToComma() {
        _ = try? expression()
    }
}
