import Operations

/// `changes` in sqitch's registry, which may have another name than `sqitch` and hold several projects.
///
/// Source: App::Sqitch 1.3, `Engine/pg.sql`.
enum SqitchHistory: HistoryReader {
    static let tables = ["changes"]

    static func owns(_ table: ForeignTable) -> Bool {
        table.has("change_id", "change", "project", "committed_at", "committer_name", "planned_at", "planner_name")
    }

    static func read(_ rows: ForeignRows) throws(Failure) -> ForeignHistory {
        var history = ForeignHistory()
        for row in rows.history.sorted(by: { ($0["committed_at"] ?? "") < ($1["committed_at"] ?? "") }) {
            let id = try row.required("change_id")
            // An upgrade from the first registry put the id where the hash belongs.
            let hash = row["script_hash"].flatMap { $0 == id ? nil : $0 }
            var entry = ForeignEntry(
                .change(id), name: try row.required("change"), proof: hash.map { .sqitch($0) },
                appliedAt: row["committed_at"])
            entry.project = try row.required("project")
            entry.appliedBy = row["committer_name"]
            history.entries.append(entry)
        }
        return history
    }
}
