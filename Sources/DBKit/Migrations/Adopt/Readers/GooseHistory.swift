import Operations

/// `goose_db_version`: a row for each step up or down; the newest of a version says whether it is applied.
///
/// Source: goose, `internal/dialect/dialectquery/postgres.go`.
enum GooseHistory: HistoryReader {
    static let tables = ["goose_db_version"]

    static func owns(_ table: ForeignTable) -> Bool { table.has("id", "version_id", "is_applied", "tstamp") }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var steps: [(id: Int64, row: ForeignRow)] = []
        for row in rows.history { steps.append((try row.number("id"), row)) }
        steps.sort { $0.id < $1.id }
        var history = ForeignHistory()
        for (_, row) in steps {
            let version = try row.number("version_id")
            // What an empty database begins with.
            guard version != 0 else { continue }
            let entry = ForeignEntry(named: String(version), tool: .goose, appliedAt: row["tstamp"])
            history.entries.removeAll { $0.identity == entry.identity }
            if row.flag("is_applied") { history.entries.append(entry) }
        }
        return history
    }
}
