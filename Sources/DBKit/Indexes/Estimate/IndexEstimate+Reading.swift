import Operations
import Postgres

extension IndexEstimate {
    /// - Parameter oid: Of an index with this definition, perhaps on an empty copy of the table.
    /// - Parameter known: Its rows; nil asks for them.
    static func read(
        _ oid: Int64, _ definition: IndexDefinition, of table: IndexedTable, rows known: TableRows? = nil,
        in session: Session
    ) throws -> IndexEstimate {
        try session.withCatalogPath { session in
            let rows = try known ?? TableRows(matching: definition.predicate, of: table, in: session)
            let query = Query(
                embedded: PackageResources.index_columns_sql,
                binds: [oid, table.schema, table.name, table.kind == .partitioned])
            let columns = try session.rows(query).map { row -> Column in
                var column = Column(
                    length: try row.value("length"), alignment: try row.value("alignment"),
                    averageWidth: try row.value("average_width"),
                    nullFraction: try row.value("null_fraction", as: Double?.self) ?? 0,
                    isKey: try row.value("is_key"), isEqualImage: try row.value("is_equal_image"))
                // Negative is a share of the rows.
                column.distinct = try row.value("distinct_values", as: Double?.self).map {
                    min($0 < 0 ? -$0 * rows.all : $0, rows.matching)
                }
                if column.averageWidth == nil, column.length < 0 {
                    let text: String = try row.value("text")
                    column.averageWidth = try sampledWidth(ServerText(catalog: text), table, in: session)
                }
                return column
            }
            let bytes: Int64 = try session.row(
                Query(embedded: PackageResources.index_room_sql, binds: [[table.oid]])
            ).value("table_bytes")
            var estimate = IndexEstimate(
                method: definition.method, rows: rows.matching, columns: columns, isUnique: definition.isUnique,
                tableBytes: Double(bytes), tableRows: rows.all)
            if let written = definition.storage.first(where: { $0.hasPrefix("fillfactor=") }) {
                estimate.fillFactor = Double(written.dropFirst("fillfactor=".count)) ?? estimate.fillFactor
            }
            return estimate
        }
    }

    /// Of an expression, or before the first ANALYZE: what the first rows hold.
    private static func sampledWidth(_ text: ServerText, _ table: IndexedTable, in session: Session) throws -> Double? {
        try session.row(
            """
            SELECT avg(pg_column_size(s.value))::float8 AS width
            FROM (SELECT (\(text)) AS value FROM \(table.source()) LIMIT 1000) AS s
            """
        ).value("width")
    }
}
