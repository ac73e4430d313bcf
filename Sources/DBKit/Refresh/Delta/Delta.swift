import Foundation
import Operations
import Postgres

/// The rows of the feed that are new to the target or really change it, with what stands there now.
///
/// Everything that comes afterwards works on these only: what has not changed is neither locked nor written.
struct Delta: Sendable {
    let area: StagingArea
    var inserted: Int64 = 0
    var updated: Int64 = 0
    /// Log that reading the target wrote: full pages and hint bits after a load.
    var readWalBytes: Int64 = 0
    /// How many rows each batch has, from batch 0.
    var batches: [Int64] = []

    var rows: Int64 { inserted + updated }

    /// What is known of the staged rows beforehand, for a shorter way.
    struct Outlook {
        /// How many there are.
        var rows: Int64
        /// They were staged in the order of the key.
        var isInOrder = false
        /// And are few among those of the target, which lie in the same order.
        var followsTarget = false
    }

    /// - Parameter batch: Rows in one transaction.
    init(_ rows: StagedRows, _ outlook: Outlook, batch: Int, in session: Session) throws {
        area = rows.area
        try Self.plan(outlook, in: session)
        readWalBytes = try Self.create(rows, outlook, batch: batch, in: session)
        let counts = try session.rows(
            """
            SELECT g.batch, g.kind::text AS kind, g.n
            FROM (SELECT d.batch, d.kind, pg_catalog.count(*) AS n FROM \(try area.delta) AS d GROUP BY d.batch, d.kind) AS g
            """)
        for row in counts {
            let number: Int = try row.value("batch")
            let count: Int64 = try row.value("n")
            while batches.count <= number { batches.append(0) }
            batches[number] += count
            if try row.value("kind", as: String.self) == "i" { inserted += count } else { updated += count }
        }
        // The rows lie in the order of their batches.
        if batches.count > 1 { try session.execute("CREATE INDEX ON \(try area.delta) USING brin (batch)") }
    }

    /// What the planner does not know, until the transaction ends.
    private static func plan(_ outlook: Outlook, in session: Session) throws {
        if outlook.followsTarget {
            // One row after the other comes from the same page of index and table.
            try session.execute(
                "SELECT pg_catalog.set_config('random_page_cost', pg_catalog.current_setting('seq_page_cost'), true)")
        } else {
            // What the server grants to maintenance: two tables of a million rows that are joined in memory keep their
            // order, in which they are then written.
            try session.execute(
                """
                SELECT pg_catalog.set_config('work_mem', pg_catalog.current_setting('maintenance_work_mem'), true)
                WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem'))
                    > pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem'))
                """)
        }
    }

    /// `file`, `line`, where the row stands (`tid`, `xm`, `toid`), `kind`, `batch`, new values and old ones.
    private static func create(_ rows: StagedRows, _ outlook: Outlook, batch: Int, in session: Session) throws -> Int64
    {
        let area = rows.area
        // A million rows in one batch and in their order need no sort.
        let isSorted = outlook.isInOrder && outlook.rows <= batch
        let number: SQLFragment =
            isSorted ? "0" : "((pg_catalog.row_number() OVER (ORDER BY \(area.keyList("s"))) - 1) / \(batch))::integer"
        let order: SQLFragment = isSorted ? "" : " ORDER BY \(area.keyList("s"))"
        var columns: [SQLFragment] = [
            "s.file", "s.line", "t.ctid AS tid", "t.xmin AS xm", "t.tableoid AS toid",
            "(CASE WHEN t.tableoid IS NULL THEN 'i' ELSE 'u' END)::\"char\" AS kind",
            "\(number) AS batch",
        ]
        columns += area.columns.map { "s.\($0.new)" }
        columns += try area.written.map { "t.\($0.column) AS \($0.old)" }
        let differs = try (["t.tableoid IS NULL"] + area.values.map { try Delta.differs($0, area.target) })
            .joined(separator: " OR ")
        let kind: SQLFragment = area.isTemporary ? "TEMPORARY" : "UNLOGGED"
        let end: SQLFragment = area.isTemporary ? " ON COMMIT DROP" : ""
        let select: SQLFragment = """
            SELECT \(columns.joined(separator: ", "))
            FROM \(try rows.relation()) AS s LEFT JOIN \(try area.target.quoted()) AS t ON \(try area.sameKey("s"))
            WHERE s.line > 0 AND (\(differs))\(order)
            """
        let plan = try session.rows(
            """
            EXPLAIN (ANALYZE, WAL, TIMING OFF, COSTS OFF, FORMAT JSON)
            CREATE \(kind) TABLE \(try area.delta) WITH (autovacuum_enabled = off)\(end) AS \(select)
            """)
        guard let text: String = try plan.first?.value("QUERY PLAN"),
            let parsed = try? JSONDecoder().decode([Explained].self, from: Data(text.utf8)).first
        else { return 0 }
        return parsed.plan.walBytes ?? 0
    }

    /// The one thing that is read of `EXPLAIN (FORMAT JSON)`.
    private struct Explained: Decodable {
        struct Plan: Decodable {
            var walBytes: Int64?

            enum CodingKeys: String, CodingKey { case walBytes = "WAL Bytes" }
        }

        var plan: Plan

        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }

    /// Whether the target's value and the feed's are not the same.
    static func differs(_ column: StagedColumn, _ target: TargetTable) throws(PostgresError) -> SQLFragment {
        let name = try identifier(column.fed.target.name)
        switch target.comparisons[column.fed.target.name] {
        case .equality: return "t.\(name) IS DISTINCT FROM s.\(column.new)"
        default: return "t.\(name)::text COLLATE \"C\" IS DISTINCT FROM s.\(column.new)::text COLLATE \"C\""
        }
    }
}
