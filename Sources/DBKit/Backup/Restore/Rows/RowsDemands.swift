import Operations
import Postgres

/// What tables ask of rows beyond the columns that come: values for columns that the set does not have, and a role that
/// row-level security lets through.
struct RowsDemands {
    let excerpt: RowsExcerpt
    let folder: ArchiveFolder

    /// What was found, each as it is listed.
    struct Found {
        /// Columns that need a value and get none.
        var missing: [String] = []
        /// Tables that row-level security closes to this role.
        var secured: [String] = []
        var warnings: [String] = []
    }

    func look(in session: Session) throws -> Found {
        let loads = excerpt.loads
        let tables = loads.map { RowsExcerpt.table(of: $0).quoted.hexadecimal }
        let rows = try session.rows(
            Query(embedded: PackageResources.restore_rows_unfed_sql, binds: [tables, folder.encoding]))
        let types = ColumnTypes(folder.toc)
        let known = loads.map { types.types(for: $0) }
        var found = Found()
        var seen: Set<String> = []
        for row in rows {
            let place = try row.value("place", as: Int.self) - 1
            let table = RowsExcerpt.table(of: loads[place])
            if try row.value("is_secured"), !found.secured.contains(table.shown) { found.secured.append(table.shown) }
            let column = ArchiveText(hexadecimal: try row.value("column_name"))
            // Where no rows come, nothing can lack a value.
            guard folder.table(of: loads[place])?.rows != 0 else { continue }
            // An archive of INSERTs says which columns it has in every row.
            guard !column.isEmpty, let target = RowsExcerpt.target(of: loads[place]), !target.columns.contains(column),
                seen.insert("\(table.shown).\(column.string)").inserted
            else { continue }
            note(
                "\(table.shown).\(column.string)", wantsValue: try row.value("wants_value"),
                hasDefault: try row.value("has_default"), isGenerated: known[place][column] != nil, &found)
        }
        found.secured.sort()
        return found
    }

    /// - Parameter isGenerated: the set's own table has it, and COPY does not name it.
    private func note(
        _ column: String, wantsValue: Bool, hasDefault: Bool, isGenerated: Bool, _ found: inout Found
    ) {
        let why = isGenerated ? "it is generated in the set, which has no values of it" : "it is not in the set"
        guard hasDefault || !wantsValue else {
            found.missing.append("a default for column \(column) (\(why), and it is NOT NULL here)")
            return
        }
        found.warnings.append(
            "column \(column) is \(hasDefault ? "filled with its default" : "NULL") in all rows: \(why)"
                + (isGenerated ? ", and plain here" : ""))
    }
}
