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
        let reasons = uniqueIndexes(on: key).map { index in (index, obstacle(index)) }
        guard !reasons.contains(where: { $0.1 == nil }) else { return }
        guard let (index, reason) = reasons.first, let reason else {
            throw Failure(
                .refreshNoUniqueIndex,
                "\(qualifiedName) has no unique index on (\(key.joined(separator: ", "))): nothing would keep a key from coming in twice",
                detail: "Nothing was changed.", hint: creation(of: key))
        }
        throw Failure(
            .refreshNoUniqueIndex,
            "the unique index \(index.name) on (\(key.joined(separator: ", "))) of \(qualifiedName) cannot be relied on: \(reason)",
            detail: "Nothing was changed.", hint: creation(of: key))
    }

    private func uniqueIndexes(on key: [String]) -> [TargetIndex] {
        indexes.filter { $0.isUnique && Set($0.keyColumns) == Set(key) && !$0.hasExpressions }
    }

    /// The collations by which ON CONFLICT has to name columns of the key; none where it may take any index on them. An
    /// index that takes other values for equal would skip rows that the comparison misses: it is the server's to refuse
    /// them.
    func arbiterCollations(of key: [String]) -> [String: String] {
        let indexes = uniqueIndexes(on: key)
        guard indexes.contains(where: { !$0.otherwiseCollated.isEmpty }),
            let arbiter = indexes.first(where: { obstacle($0) == nil })
        else { return [:] }
        return Dictionary(uniqueKeysWithValues: zip(arbiter.keyColumns, arbiter.collations).filter { !$1.isEmpty })
    }

    /// What to type, in order; the server builds no index CONCURRENTLY on a partitioned table, `dbctl index create` does.
    private func creation(of key: [String]) -> String {
        guard let table = try? quoted(), let columns = try? key.map({ try identifier($0).typed }) else { return "" }
        if partitionKey?.hasExpressions == true {
            return
                "\(qualifiedName) is partitioned by an expression, and the server makes no unique index of such a table: name the partition that the rows go into"
        }
        let lacking = (partitionKey?.columns ?? []).filter { !key.contains($0) }
        guard lacking.isEmpty else {
            let whole = ShellWord.quoted((key + lacking).joined(separator: ","))
            return
                "a unique index of a partitioned table has all columns that it is partitioned by: take \(lacking.joined(separator: ", ")) into the key (--key \(whole), or key: of the feed)"
        }
        let own = (["dbctl", "index", "create", table.typed] + columns).map(ShellWord.quoted)
        var create = "\(own.joined(separator: " ")) --unique"
        if !isPartitioned {
            let list = columns.joined(separator: ", ")
            create += "; or in psql: CREATE UNIQUE INDEX CONCURRENTLY ON \(table.typed) (\(list))"
        }
        let nullable = zip(key, columns).filter { name, _ in column(name)?.isNullable == true }.map(\.1)
        guard !nullable.isEmpty else { return create }
        let first = nullable.map { "ALTER TABLE \(table.typed) ALTER COLUMN \($0) SET NOT NULL" }
        return "first as the owner: \(first.joined(separator: "; ")); then: \(create)"
    }

    private func obstacle(_ index: TargetIndex) -> String? {
        // An index that was left INVALID is found, dropped and built again by the same command.
        if !index.isValid { return "it is INVALID, left by an interrupted build" }
        if index.isPartial { return "it is partial, and leaves rows out" }
        if !index.isImmediate { return "it is DEFERRABLE: duplicates are only found at COMMIT" }
        if !index.otherwiseCollated.isEmpty {
            return
                "its collation takes other values of \(index.otherwiseCollated.joined(separator: ", ")) for equal than the column's"
        }
        let nullable = index.keyColumns.filter { column($0)?.isNullable == true }
        guard !nullable.isEmpty, !index.nullsNotDistinct else { return nil }
        return "\(nullable.joined(separator: ", ")) may be NULL, and NULLs never meet"
    }
}
