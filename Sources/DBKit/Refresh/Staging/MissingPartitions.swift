import Operations
import Postgres

/// New rows of a partitioned table for which there is no partition (R12).
enum MissingPartitions {
    /// - Throws: `refresh.missing_partition` naming the first of the values.
    static func refuse(_ delta: Delta, in session: Session) throws {
        let area = delta.area
        guard area.target.isPartitioned, delta.inserted > 0 else { return }
        let rows = try session.rows(
            Query(embedded: PackageResources.target_partitions_sql, binds: [area.target.oid]))
        let names: Set<String> = try rows.reduce(into: []) { names, row in
            names.formUnion(try row.value("columns", as: [String].self))
        }
        let columns = area.columns.filter { names.contains($0.fed.target.name) }
        // A default decides, which only the INSERT itself knows.
        guard columns.count == names.count, !columns.isEmpty else { return }
        let bounds = try rows.compactMap { row in
            try row.value("bound", as: String?.self).map { "(\(ServerText(catalog: $0))) IS TRUE" as SQLFragment }
        }
        let named = try columns.map { "d.\($0.new) AS \(try identifier($0.fed.target.name))" as SQLFragment }
        let texts = try columns.map { "p.\(try identifier($0.fed.target.name))::text" as SQLFragment }
        let fits = bounds.isEmpty ? "false" : bounds.joined(separator: " OR ")
        let missing = try session.rows(
            """
            SELECT ARRAY[\(texts.joined(separator: ", "))] AS key, p.n, pg_catalog.sum(p.n) OVER ()::bigint AS total
            FROM (SELECT \(named.joined(separator: ", ")), pg_catalog.count(*) AS n FROM \(try area.delta) AS d
                  WHERE d.kind = 'i' GROUP BY \(columns.map { "d.\($0.new)" as SQLFragment }.joined(separator: ", "))) AS p
            WHERE NOT (\(fits)) ORDER BY 1 LIMIT 10
            """)
        guard let first = missing.first else { return }
        let samples = try missing.map { row in
            let values = try row.elements("key").map { $0 ?? "NULL" }
            return
                "\(zip(columns, values).map { "\($0.fed.target.name)=\($1)" }.joined(separator: ", ")): \(try row.value("n", as: Int64.self)) rows"
        }
        throw Failure(
            .refreshMissingPartition,
            "\(try first.value("total", as: Int64.self)) new rows have no partition of \(area.target.qualifiedName) to go to, as \(samples[0])",
            detail: "\(samples.joined(separator: "\n"))\nNothing was changed.",
            hint: hint(area.target))
    }

    /// What the server says of a row without a partition where that could not be told before.
    static func failure(_ error: PostgresError, _ target: TargetTable) -> Failure? {
        guard target.isPartitioned, error.sqlState?.code == "23514", error.constraint == nil else { return nil }
        return Failure(
            .refreshMissingPartition,
            "new rows have no partition of \(target.qualifiedName) to go to: \(error.message)",
            detail: error.detail, hint: hint(target), sqlState: error.sqlState?.code)
    }

    private static func hint(_ target: TargetTable) -> String {
        "dbctl partition ensure --table \(ShellWord.quoted(target.qualifiedName)); or in psql: CREATE TABLE … PARTITION OF \(target.qualifiedName) FOR VALUES …"
    }
}
