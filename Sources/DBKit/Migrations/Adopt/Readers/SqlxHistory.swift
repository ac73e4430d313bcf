import Operations

/// `_sqlx_migrations`.
///
/// Source: sqlx, `sqlx-postgres/src/migrate.rs`.
enum SqlxHistory: HistoryReader {
    static let tables = ["_sqlx_migrations"]

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("version", "description", "installed_on", "success", "checksum")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var numbered: [(version: Int64, row: ForeignRow)] = []
        for row in rows.history { numbered.append((try row.number("version"), row)) }
        numbered.sort { $0.version < $1.version }
        var history = ForeignHistory()
        for (version, row) in numbered {
            guard row.flag("success") else {
                throw .adoptFailed(
                    "sqlx began version \(version) and did not finish (\(rows.table), success = false)",
                    hint:
                        "finish or undo it by hand, and set success or delete its row, as sqlx wants it; then `dbctl migrate adopt`"
                )
            }
            var entry = ForeignEntry(
                named: String(version), tool: .sqlx, name: row["description"] ?? "",
                proof: .sqlx(try row.required("checksum")), appliedAt: row["installed_on"])
            // -1 until it has ended.
            entry.duration = row.seconds("execution_time", per: 1_000_000_000)
            history.entries.append(entry)
        }
        return history
    }
}
