import Postgres

/// By what a row is found again while two tables are kept in step: a unique key without NULLs, and the partition key.
///
/// The partition key is part of it so that the other table's row is looked for in one partition only.
struct SyncKey: Sendable, Hashable {
    /// The index whose key it is.
    var index: String
    var columns: [String]
    var partitionKey: String

    /// Each once, the partition key last unless it is part of the key.
    var all: [String] { columns.contains(partitionKey) ? columns : columns + [partitionKey] }

    /// The primary key, else the shortest unique one that will do. Deferred ones will not: they are unique only at the end of
    /// a transaction.
    init?(of table: ConvertedTable, partitionKey: String) {
        for index in table.indexes where index.isUnique && index.isUsable && index.isImmediate && index.isPlain {
            let columns = index.columns.compactMap { $0 }
            guard columns.count == index.columns.count,
                columns.allSatisfy({ table.column($0)?.isNotNull == true })
            else { continue }
            (self.index, self.columns, self.partitionKey) = (index.name, columns, partitionKey)
            return
        }
        return nil
    }
}

extension SyncKey {
    /// `"a", "b"`
    func list(_ columns: [String], of alias: SQLFragment? = nil) throws(PostgresError) -> SQLFragment {
        var parts: [SQLFragment] = []
        for column in columns {
            let name = try identifier(column)
            parts.append(alias.map { "\($0).\(name)" } ?? "\(name)")
        }
        return parts.joined(separator: ", ")
    }

    /// `a."id" = b."id" AND …`
    func equality(_ left: SQLFragment, _ right: SQLFragment) throws(PostgresError) -> SQLFragment {
        var parts: [SQLFragment] = []
        for column in all {
            let name = try identifier(column)
            parts.append("\(left).\(name) = \(right).\(name)")
        }
        return parts.joined(separator: " AND ")
    }
}
