import Postgres

/// Why updates had to be written into the indexes, too (R14). Pure.
struct UpdateCost {
    var updated: Int64
    /// Of them, those that no index had to know of.
    var hot: Int64

    /// One sentence with the fix; nil where nothing is to be said.
    ///
    /// - Parameter changed: The columns that the updates set.
    func hint(_ target: TargetTable, changed: Set<String>) -> String? {
        guard updated > 0, hot * 2 < updated else { return nil }
        let share = hot * 100 / updated
        let watching = target.indexes.filter { !$0.watchedColumns.isDisjoint(with: changed) }
        guard watching.isEmpty else {
            let names = watching.map { index in
                "\(index.name) (\(index.watchedColumns.intersection(changed).sorted().joined(separator: ", ")))"
            }
            return
                "only \(share) % of the updates were HOT: each change is written into every index, because \(names.joined(separator: ", ")) has a column that changes; where no query needs it, drop it"
        }
        guard target.fillfactor > 90 else { return nil }
        return
            "only \(share) % of the updates were HOT: the pages of \(target.qualifiedName) have no room for a new version (fillfactor \(target.fillfactor)), so each change is written into every index; ALTER TABLE \(target.qualifiedName) SET (fillfactor = 85), which counts for pages that are written from then on"
    }
}
