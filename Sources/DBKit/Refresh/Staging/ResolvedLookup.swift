import Operations
import Postgres

/// Where a value of the feed is looked up: the row with it, and the column of that row which is stored.
struct ResolvedLookup: Sendable {
    let table: Identifier
    let tableName: String
    /// What the feed says.
    let column: Identifier
    let columnName: String
    /// As the server writes it: the feed's value is staged in it.
    let typeName: String
    /// What is stored.
    let value: Identifier

    /// - Parameter column: Of the target, whose value is looked up.
    /// - Throws: `refresh.column` where the lookup can find none, or more than one row.
    init(_ lookup: FeedLookup, for column: String, of target: TargetTable, in session: Session) throws {
        let table = try TargetTable.read(lookup.table, writing: false, in: session)
        guard let found = table.column(lookup.column) else {
            throw Failure(
                .refreshColumn, "\(column) is looked up in \(table.qualifiedName).\(lookup.column), which is no column",
                detail: "columns: \(table.columns.map(\.name).joined(separator: ", "))")
        }
        guard table.isUnique([lookup.column]) else {
            throw Failure(
                .refreshColumn,
                "\(column) is looked up in \(table.qualifiedName).\(lookup.column), which is not unique: two rows might be meant",
                hint: "CREATE UNIQUE INDEX CONCURRENTLY ON \(table.qualifiedName) (\(lookup.column))")
        }
        guard let value = target.referencedColumn(by: column, in: table) ?? table.primaryColumn else {
            throw Failure(
                .refreshColumn,
                "\(column) is looked up in \(table.qualifiedName), and nothing says which of its columns is stored",
                hint: "a foreign key from \(column), or a primary key of one column there, says it")
        }
        self.table = try table.quoted()
        tableName = table.qualifiedName
        self.column = try identifier(lookup.column)
        columnName = lookup.column
        typeName = found.typeName
        self.value = try identifier(value)
    }
}

extension TargetTable {
    fileprivate func isUnique(_ columns: [String]) -> Bool {
        indexes.contains {
            $0.isUnique && $0.isValid && $0.isImmediate && !$0.isPartial && !$0.hasExpressions
                && $0.keyColumns == columns && $0.otherwiseCollated.isEmpty
        }
    }

    fileprivate var primaryColumn: String? {
        guard let key = indexes.first(where: \.isPrimary)?.keyColumns, key.count == 1 else { return nil }
        return key.first
    }

    fileprivate func referencedColumn(by column: String, in table: TargetTable) -> String? {
        foreignKeys.first {
            $0.columns == [column] && $0.referencedSchema == table.schema && $0.referencedTable == table.name
        }?.referencedColumns.first
    }
}
