import Operations

/// `alembic_version`: only the heads, each a hash or what its author called it. Even one of digits is no version of ours,
/// for it says nothing about an order.
///
/// Source: Alembic, `runtime/migration.py`.
enum AlembicHistory: HistoryReader {
    static let tables = ["alembic_version"]

    static func owns(_ table: ForeignTable) -> Bool { table.columns == ["version_num"] }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var history = ForeignHistory()
        for row in rows.history {
            let revision = try row.required("version_num")
            history.entries.append(ForeignEntry(.other("alembic:\(revision)"), name: "all up to \(revision)"))
        }
        return history
    }
}
