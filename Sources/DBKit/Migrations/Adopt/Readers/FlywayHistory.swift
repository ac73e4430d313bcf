import Operations

/// `flyway_schema_history`, and `schema_version` before Flyway 5: a row for each thing that was done, the last of a
/// version counts.
///
/// Source: Flyway, `JdbcTableSchemaHistory` and `MigrationInfoServiceImpl`.
enum FlywayHistory: HistoryReader {
    static let tables = ["flyway_schema_history"]
    static let formerNames = ["schema_version"]

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("installed_rank", "version", "description", "type", "script", "checksum", "installed_on", "success")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        if let failed = rows.history.first(where: { !$0.flag("success") }) {
            throw .adoptFailed(
                "Flyway failed in \(failed["script"] ?? "a migration") (\(rows.table), success = false)",
                hint: "undo what it did, then flyway repair; then `dbctl migrate adopt`")
        }
        var ranked: [(rank: Int64, row: ForeignRow)] = []
        for row in rows.history { ranked.append((try row.number("installed_rank"), row)) }
        ranked.sort { $0.rank < $1.rank }
        var history = ForeignHistory()
        for (_, row) in ranked { try add(row, to: &history) }
        return history
    }

    private static func add(_ row: ForeignRow, to history: inout ForeignHistory) throws(Failure) {
        let type = try row.required("type")
        let description = try row.required("description")
        let identity: ForeignEntry.Identity
        if let text = row["version"] {
            identity = MigrationVersion(text).map { .version($0) } ?? .other("flyway:\(text)")
        } else if type == "SCHEMA" {
            // Which schemas Flyway created: no migration.
            return
        } else {
            identity = .repeatable(description)
        }
        history.entries.removeAll { $0.identity == identity }
        // Undone, or struck off by repair.
        guard !type.hasPrefix("UNDO"), type != "DELETE" else { return }
        if type.hasSuffix("BASELINE") {
            if case .version(let version) = identity { history.floor = max(history.floor ?? version, version) }
            return
        }
        var entry = ForeignEntry(identity, name: description, appliedAt: row["installed_on"])
        entry.isProgram = !type.hasPrefix("SQL")
        if !entry.isProgram, row["checksum"] != nil {
            entry.proof = .flyway(Int32(truncatingIfNeeded: try row.number("checksum")))
        }
        entry.appliedBy = row["installed_by"]
        entry.duration = row.seconds("execution_time", per: 1_000)
        history.entries.append(entry)
    }
}
