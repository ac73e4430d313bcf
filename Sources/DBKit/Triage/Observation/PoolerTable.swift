public import Postgres

/// What pgbouncer's console answers to one SHOW: read by column name, because every version adds some.
public struct PoolerTable: Sendable, Hashable {
    public let columns: [String]
    public let rows: [[String?]]

    public init(columns: [String], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }

    public init(_ rows: Rows) throws(PostgresError) {
        columns = rows.columns
        var read: [[String?]] = []
        for row in rows {
            var values: [String?] = []
            for column in rows.columns { values.append(try row.value(column, as: String?.self)) }
            read.append(values)
        }
        self.rows = read
    }

    /// The rows by name. A column that this version does not have is not there.
    var named: [[String: String]] {
        rows.map { row in
            Dictionary(
                zip(columns, row).compactMap { name, value in value.map { (name, $0) } },
                uniquingKeysWith: { first, _ in first })
        }
    }
}
