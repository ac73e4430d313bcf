import Operations
import Postgres

extension TargetTable {
    /// Makes sure that the key has a unique index on which ON CONFLICT can rely (R7).
    ///
    /// - Throws: `refresh.no_unique_index` with what to type, `refresh.column` for a key that is no column.
    func requireUniqueIndex(on key: [String]) throws(Failure) {
        for name in key {
            guard column(name) != nil else {
                throw Failure(
                    .refreshColumn, "the key names \(name), which is no column of \(qualifiedName)",
                    detail: "columns: \(columns.map(\.name).joined(separator: ", "))")
            }
        }
        let reasons = indexes.filter { $0.isUnique && Set($0.keyColumns) == Set(key) && !$0.hasExpressions }
            .map { index in (index, obstacle(index)) }
        guard !reasons.contains(where: { $0.1 == nil }) else { return }
        let create = creation(of: key)
        guard let (index, reason) = reasons.first, let reason else {
            throw Failure(
                .refreshNoUniqueIndex,
                "\(qualifiedName) has no unique index on (\(key.joined(separator: ", "))): nothing would keep a key from coming in twice",
                detail: "Nothing was changed.", hint: create)
        }
        throw Failure(
            .refreshNoUniqueIndex,
            "the unique index \(index.name) on (\(key.joined(separator: ", "))) of \(qualifiedName) cannot be relied on: \(reason.why)",
            detail: "Nothing was changed.",
            hint: reason.first.map { "first as the owner: \($0); then: \(create)" } ?? create)
    }

    /// What to type; the server builds no index CONCURRENTLY on a partitioned table, `dbctl index create` does.
    private func creation(of key: [String]) -> String {
        guard let table = try? quoted(), let columns = try? key.map({ try identifier($0).typed }) else { return "" }
        let own = (["dbctl", "index", "create", table.typed] + columns).map(ShellWord.quoted)
        let create = "\(own.joined(separator: " ")) --unique"
        guard !isPartitioned else { return create }
        let list = columns.joined(separator: ", ")
        return "\(create); or in psql: CREATE UNIQUE INDEX CONCURRENTLY ON \(table.typed) (\(list))"
    }

    private func obstacle(_ index: TargetIndex) -> (why: String, first: String?)? {
        // An index that was left INVALID is found, dropped and built again by the same command.
        if !index.isValid { return ("it is INVALID, left by an interrupted build", nil) }
        if index.isPartial { return ("it is partial, and leaves rows out", nil) }
        if !index.isImmediate { return ("it is DEFERRABLE: duplicates are only found at COMMIT", nil) }
        let nullable = index.keyColumns.filter { column($0)?.isNullable == true }
        guard !nullable.isEmpty, !index.nullsNotDistinct else { return nil }
        return (
            "\(nullable.joined(separator: ", ")) may be NULL, and NULLs never meet",
            nullable.map { name in
                let (table, column) = ((try? quoted().typed) ?? qualifiedName, (try? identifier(name).typed) ?? name)
                return "ALTER TABLE \(table) ALTER COLUMN \(column) SET NOT NULL"
            }.joined(separator: "; ")
        )
    }
}
