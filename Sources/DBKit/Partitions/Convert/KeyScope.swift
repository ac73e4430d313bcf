import Postgres

/// The rows behind one key, up to another one. Pure.
struct KeyScope: Sendable, Hashable {
    let sql: SQLFragment

    /// - Parameters:
    ///   - after: As the server wrote it; nil from the beginning.
    ///   - through: Nil to the end.
    init(_ columns: [String], after: [String]?, through: [String]?) throws {
        var names: [SQLFragment] = []
        for column in columns { names.append("\(try identifier(column))") }
        let key = names.joined(separator: ", ")
        var parts: [SQLFragment] = []
        // A row of one is a row only if it says so.
        if let after { parts.append("ROW(\(key)) > ROW(\(try Self.values(after)))") }
        if let through { parts.append("ROW(\(key)) <= ROW(\(try Self.values(through)))") }
        sql = parts.isEmpty ? "true" : parts.joined(separator: " AND ")
    }

    /// Constants without a type take that of the column that they are compared with.
    private static func values(_ texts: [String]) throws(PostgresError) -> SQLFragment {
        var values: [SQLFragment] = []
        for text in texts { values.append("\(try literal(text))") }
        return values.joined(separator: ", ")
    }
}
