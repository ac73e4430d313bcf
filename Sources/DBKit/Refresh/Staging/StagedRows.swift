import Postgres

/// The staged rows as the delta sees them: what is looked up replaced by what is stored, one row a key.
struct StagedRows: Sendable {
    let area: StagingArea
    /// The feed has keys more than once: the last one of each counts.
    var hasDuplicates = false

    init(_ area: StagingArea) {
        self.area = area
    }

    /// `file`, `line` and the new values, for a FROM clause.
    func relation() throws(PostgresError) -> SQLFragment {
        guard hasDuplicates else { return try all() }
        let keys = area.keyList("s")
        return
            "(SELECT DISTINCT ON (\(keys)) s.* FROM \(try all()) AS s ORDER BY \(keys), s.file DESC, s.line DESC)"
    }

    /// The same with all rows of a key.
    func all() throws(PostgresError) -> SQLFragment {
        guard area.columns.contains(where: { $0.lookup != nil }) else { return "\(try area.staging)" }
        var values: [SQLFragment] = ["r.file", "r.line"]
        var joins: [SQLFragment] = []
        for column in area.columns {
            guard let lookup = column.lookup else {
                values.append("r.\(column.new)")
                continue
            }
            let alias: SQLFragment = "l\(joins.count)"
            // An empty value of a column that may be NULL is looked up nowhere.
            joins.append("LEFT JOIN \(lookup.table) AS \(alias) ON \(alias).\(lookup.column) = r.\(column.new)")
            values.append("\(alias).\(lookup.value) AS \(column.new)")
        }
        return
            "(SELECT \(values.joined(separator: ", ")) FROM \(try area.staging) AS r \(joins.joined(separator: " ")))"
    }
}
