import Foundation
import Operations
import Postgres

extension IndexEstimate {
    /// - Parameter oid: Of an index with this definition, perhaps on an empty copy of the table.
    static func read(
        _ oid: Int64, _ definition: IndexDefinition, of table: IndexedTable, in session: Session
    ) throws -> IndexEstimate {
        try session.withCatalogPath { session in
            let filter: SQLFragment = definition.predicate.map { "WHERE \(ServerText(catalog: $0))" } ?? ""
            let all = try plannedRows("", table, in: session)
            let rows = definition.predicate == nil ? all : try plannedRows(filter, table, in: session)
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
                    min($0 < 0 ? -$0 * all : $0, rows)
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
                method: definition.method, rows: rows, columns: columns, isUnique: definition.isUnique,
                tableBytes: Double(bytes), tableRows: all)
            if let written = definition.storage.first(where: { $0.hasPrefix("fillfactor=") }) {
                estimate.fillFactor = Double(written.dropFirst("fillfactor=".count)) ?? estimate.fillFactor
            }
            return estimate
        }
    }

    /// The planner knows a table that was never analyzed, its partitions and its predicates.
    private static func plannedRows(_ filter: SQLFragment, _ table: IndexedTable, in session: Session) throws -> Double
    {
        let lines = try session.rows("EXPLAIN (FORMAT JSON) SELECT 1 FROM \(table.sql()) \(filter)")
        let text = try lines.map { try $0.value("QUERY PLAN", as: String.self) }.joined(separator: "\n")
        let plans = try? JSONDecoder().decode([Explained].self, from: Data(text.utf8))
        return plans?.first?.plan.rows ?? 0
    }

    private struct Explained: Decodable {
        struct Plan: Decodable {
            var rows: Double
            enum CodingKeys: String, CodingKey { case rows = "Plan Rows" }
        }
        var plan: Plan
        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }

    /// Of an expression, or before the first ANALYZE: what the first rows hold.
    private static func sampledWidth(_ text: ServerText, _ table: IndexedTable, in session: Session) throws -> Double? {
        try session.row(
            """
            SELECT avg(pg_column_size(s.value))::float8 AS width
            FROM (SELECT (\(text)) AS value FROM \(table.sql()) LIMIT 1000) AS s
            """
        ).value("width")
    }
}
