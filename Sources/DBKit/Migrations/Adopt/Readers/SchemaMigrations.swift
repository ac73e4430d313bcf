import Operations

/// `schema_migrations` of golang-migrate: one row, the version that the database has, and whether a file failed in it.
///
/// Source: golang-migrate, `database/postgres/postgres.go`.
enum GolangMigrateHistory: HistoryReader {
    static let tables = ["schema_migrations"]

    static func owns(_ table: ForeignTable) -> Bool { table.columns == ["version", "dirty"] }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        guard let row = rows.history.first else { return ForeignHistory() }
        let text = try row.required("version")
        guard !row.flag("dirty") else {
            throw .adoptFailed(
                "golang-migrate is dirty at version \(text) (\(rows.table))",
                hint:
                    "look at the database, then migrate force VERSION with the version that it really has; then `dbctl migrate adopt`"
            )
        }
        var history = ForeignHistory()
        // -1: all were taken back.
        guard let version = MigrationVersion(text) else { return history }
        history.floor = version
        history.entries = [ForeignEntry(.version(version))]
        return history
    }
}

/// `schema_migrations` of dbmate: the versions.
///
/// Source: dbmate, `pkg/driver/postgres/postgres.go`.
enum DbmateHistory: HistoryReader {
    static let tables = ["schema_migrations"]

    static func owns(_ table: ForeignTable) -> Bool { table.columns == ["version"] }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        try versions(rows, of: .dbmate)
    }

    static func versions(_ rows: ForeignRows, of tool: ForeignTool) throws(Failure) -> ForeignHistory {
        var history = ForeignHistory()
        for row in rows.history {
            history.entries.append(ForeignEntry(named: try row.required("version"), tool: tool))
        }
        history.entries.sort { one, other in
            guard case .version(let left) = one.identity, case .version(let right) = other.identity else {
                return false
            }
            return left < right
        }
        return history
    }
}

/// `schema_migrations` of Rails: as dbmate has it; `ar_internal_metadata` beside it tells them apart.
///
/// Source: Rails, `ActiveRecord::SchemaMigration`.
enum RailsHistory: HistoryReader {
    static let tables = ["schema_migrations"]
    /// In the same schema.
    static let sign = "ar_internal_metadata"

    static func owns(_ table: ForeignTable) -> Bool { table.columns == ["version"] }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        try DbmateHistory.versions(rows, of: .rails)
    }
}
