import Operations

/// `databasechangelog`: changesets, known by file, id and author together; `databasechangeloglock` says whether somebody
/// is at it, or died at it.
///
/// Source: Liquibase, `CreateDatabaseChangeLogTableGenerator` and `StandardChangeLogHistoryService`.
enum LiquibaseHistory: HistoryReader {
    static let lockTable = "databasechangeloglock"
    static let tables = ["databasechangelog", lockTable]

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("id", "author", "filename", "dateexecuted", "orderexecuted", "exectype", "md5sum")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        if let lock = rows.beside[lockTable]?.first(where: { $0.flag("locked") }) {
            throw .adoptFailed(
                "Liquibase holds its lock (\(lockTable), by \(lock["lockedby"] ?? "somebody"))",
                hint:
                    "wait until it is done; or, when it died there, liquibase release-locks; then `dbctl migrate adopt`"
            )
        }
        if let failed = rows.history.first(where: { $0["exectype"] == "FAILED" }) {
            throw .adoptFailed(
                "Liquibase failed in changeset \(failed["id"] ?? "") of \(failed["filename"] ?? "") (\(rows.table))",
                hint: "bring the database to a state that liquibase update accepts; then `dbctl migrate adopt`")
        }
        var numbered: [(order: Int64, row: ForeignRow)] = []
        for row in rows.history where row["exectype"] != "SKIPPED" {
            numbered.append((try row.number("orderexecuted"), row))
        }
        numbered.sort { $0.order < $1.order }
        var history = ForeignHistory()
        for (_, row) in numbered {
            let (id, author) = (try row.required("id"), try row.required("author"))
            history.entries.append(
                ForeignEntry(
                    .other("liquibase:\(try row.required("filename"))::\(id)::\(author)"),
                    name: row["description"] ?? "", appliedAt: row["dateexecuted"]))
        }
        return history
    }
}
