import Operations
import Postgres

/// Why the table that a run wrote is not the one to put its rows back into, and what they pass there.
extension RecordedRun {
    /// The table's own triggers that may change a row while it is put back.
    func updateTriggers(in session: Session) throws -> [String] {
        try session.rows(
            Query(embedded: PackageResources.target_update_triggers_sql, binds: [target, columns])
        ).map { try $0.value("name") }
    }

    /// It is not there any more, or was never in this database.
    var gone: Failure {
        let sentence =
            place.replacement == nil
            ? "\(record.table), which run \(record.runID) wrote, is not there any more"
            : "\(record.table) is another table by now than the one that run \(record.runID) wrote"
        return Failure(
            .refreshTableNotFound, sentence,
            detail: "Its rows are not those that the run left: nothing can be put back. Nothing was changed.",
            hint: look)
    }

    /// It has another name, and another table has its own.
    var replaced: Failure {
        let now = place.nameNow ?? ""
        return Failure(
            .refreshNotUndoable,
            "run \(record.runID) wrote the table that is called \(now) now, and \(record.table) is another one",
            detail: "Nothing was changed.",
            hint:
                "\(look); once \(now) is called \(record.table) again (after a conversion: dbctl partition convert \(record.table) --undo) the run can be undone"
        )
    }

    /// How to see what stood there before, beside what has the table's name by now.
    private var look: String {
        let kept = changes ?? "refresh_changes"
        guard let replacement = place.replacement, let table = try? RunChanges(self).table(),
            let keys = try? RunChanges(self).keys()
        else { return "its pre-images are in dbctl.\(kept): dbctl refresh show \(record.runID) lists them" }
        let names = (keyColumns + columns).enumerated().map { "b\($0 + 1) is \($1)" }.joined(separator: ", ")
        let same = keys.map { "t.\($0.column.typed) = c.\($0.kept.typed)" }.joined(separator: " AND ")
        let select =
            "SELECT c.*, t.* FROM \(table.typed) AS c JOIN \(replacement) AS t ON \(same) WHERE c.run_id = '\(record.runID)'"
        return "what stood there before, beside \(record.table) as it is (\(names)): \(select)"
    }
}
