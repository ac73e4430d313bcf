import Operations

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
        let create =
            "dbctl index create \((["\(qualifiedName)"] + key).map(ShellWord.quoted).joined(separator: " ")) --unique; or in psql: CREATE UNIQUE INDEX CONCURRENTLY ON \(qualifiedName) (\(key.joined(separator: ", ")))"
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

    private func obstacle(_ index: TargetIndex) -> (why: String, first: String?)? {
        // An index that was left INVALID is found, dropped and built again by the same command.
        if !index.isValid { return ("it is INVALID, left by an interrupted build", nil) }
        if index.isPartial { return ("it is partial, and leaves rows out", nil) }
        if !index.isImmediate { return ("it is DEFERRABLE: duplicates are only found at COMMIT", nil) }
        let nullable = index.keyColumns.filter { column($0)?.isNullable == true }
        guard !nullable.isEmpty, !index.nullsNotDistinct else { return nil }
        return (
            "\(nullable.joined(separator: ", ")) may be NULL, and NULLs never meet",
            nullable.map { "ALTER TABLE \(qualifiedName) ALTER COLUMN \($0) SET NOT NULL" }.joined(separator: "; ")
        )
    }
}
