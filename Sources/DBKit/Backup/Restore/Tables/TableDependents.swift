import Operations
import Postgres

/// What else hangs on a table that is to be replaced.
enum TableDependents {
    /// Refuses to take the table away from under it; nil when there is nothing.
    static func failure(of tables: [RelationName], _ session: Session) throws -> Failure? {
        var lines: [String] = []
        for table in tables {
            let query = Query(embedded: PackageResources.restore_dependents_sql, binds: [table.quoted.string])
            lines += try session.rows(query).map { try "\(table.shown): \($0.value("name", as: String.self))" }
        }
        guard !lines.isEmpty else { return nil }
        return Failure(
            .restoreTableInUse,
            "\(tables.map(\.shown).joined(separator: ", ")) cannot be replaced: "
                + "\(lines.count) other object\(lines.count == 1 ? " depends" : "s depend") on it: "
                + lines.prefix(5).joined(separator: "; ") + (lines.count > 5 ? "; …" : ""),
            detail: (["Nothing was changed."] + lines).joined(separator: "\n"),
            hint: "restore beside it with --as SCHEMA.NAME and copy the rows over, or drop these objects first and "
                + "make them again afterwards")
    }
}
