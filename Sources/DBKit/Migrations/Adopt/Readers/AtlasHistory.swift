import Operations

/// `atlas_schema_revisions`, in a schema of that name or in the one that is migrated.
///
/// Source: Atlas, `sql/migrate/migrate.go`, type Revision.
enum AtlasHistory: HistoryReader {
    static let tables = ["atlas_schema_revisions"]

    /// Bits of a revision's type.
    private enum Mark {
        static let baseline: Int64 = 1
        /// Somebody declared it applied.
        static let resolved: Int64 = 4
    }

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("version", "description", "type", "applied", "total", "executed_at", "error", "hash")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var history = ForeignHistory()
        for row in rows.history.sorted(by: { ($0["version"] ?? "") < ($1["version"] ?? "") }) {
            let text = try row.required("version")
            // `.atlas_cloud_identifier`: a note to itself.
            guard !text.hasPrefix(".") else { continue }
            let type = try row.number("type")
            let isPartial = try row.number("applied") < row.number("total") || !(row["error"] ?? "").isEmpty
            if isPartial, type & Mark.resolved == 0 {
                throw .adoptFailed(
                    "Atlas stopped in version \(text) after \(row["applied"] ?? "0") of \(row["total"] ?? "0") statements (\(rows.table))",
                    hint: "let atlas migrate apply finish it, or atlas migrate set VERSION; then `dbctl migrate adopt`")
            }
            if type & Mark.baseline != 0, let version = MigrationVersion(text) {
                history.floor = max(history.floor ?? version, version)
                continue
            }
            let hash = try row.required("hash")
            var entry = ForeignEntry(
                named: text, tool: .atlas, name: row["description"] ?? "", proof: hash.isEmpty ? nil : .atlas(hash),
                appliedAt: row["executed_at"])
            entry.duration = row.seconds("execution_time", per: 1_000_000_000)
            history.entries.append(entry)
        }
        return history
    }
}
