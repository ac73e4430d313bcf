import Operations
import Postgres

/// Brings what was noted into the copy: what came and went in between cancels out, so that only the difference is done, by
/// the content of rows. In one transaction with what takes it out of the queue.
struct DrainReplay: Sendable {
    let queue: DrainQueue
    let columns: DrainColumns
    let child: SQLFragment

    /// In an open transaction.
    ///
    /// - Returns: What came to the copy, less what went.
    /// - Throws: `partition.drain_differs` when a row that went is not in the copy.
    @discardableResult func run(in session: Session) throws -> DrainContent {
        let row = try queue.fallback.sql()
        try session.execute(
            "CREATE TEMP TABLE dbctl_net (text text, row_value \(row), change bigint) ON COMMIT DROP")
        let taken = try session.execute(
            """
            WITH gone AS (DELETE FROM \(try queue.sql) RETURNING has_old, has_new, old_row, new_row),
                 changes (row_value, change) AS (SELECT old_row, -1 FROM gone WHERE has_old
                                                 UNION ALL SELECT new_row, 1 FROM gone WHERE has_new)
            INSERT INTO pg_temp.dbctl_net (text, row_value, change)
            SELECT \(columns.text(of: "row_value")), (array_agg(row_value))[1], sum(change)
            FROM changes GROUP BY 1 HAVING sum(change) <> 0
            """)
        if taken > 0 { try apply(in: session) }
        let net = try session.row(
            """
            SELECT coalesce(sum(change), 0)::bigint AS count,
                   coalesce(sum(change * pg_catalog.hashtextextended(text, 0)::numeric), 0)::text AS sum
            FROM pg_temp.dbctl_net
            """)
        try session.execute("DROP TABLE pg_temp.dbctl_net")
        return try DrainContent(net, changes: taken)
    }

    private func apply(in session: Session) throws {
        let wanted: Int64 = try session.row(
            "SELECT coalesce(-sum(change), 0)::bigint AS count FROM pg_temp.dbctl_net WHERE change < 0"
        ).value("count")
        // By the key where there is one; else all of the copy is looked through.
        let filter: SQLFragment =
            columns.key.isEmpty
            ? "true"
            : "(\(columns.key(of: "dbctl_copy"))) IN (SELECT \(columns.key(of: "n.row_value")) FROM pg_temp.dbctl_net AS n WHERE n.change < 0)"
        let deleted = try session.execute(
            """
            DELETE FROM \(child) WHERE ctid IN (
                SELECT r.place FROM (
                    SELECT dbctl_copy.ctid AS place, \(columns.text(of: "dbctl_copy")) AS text,
                           row_number() OVER (PARTITION BY \(columns.text(of: "dbctl_copy"))) AS number
                    FROM \(child) AS dbctl_copy WHERE \(filter)) AS r
                JOIN pg_temp.dbctl_net AS n ON n.change < 0 AND n.text = r.text AND r.number <= -n.change)
            """)
        guard Int64(deleted) == wanted else {
            throw DrainSwap.differs(
                queue, "\(wanted) rows that went were to be taken out of the copy, and \(deleted) were there")
        }
        try session.execute(
            """
            INSERT INTO \(child) (\(columns.list))
            SELECT \(columns.values(of: "n.row_value"))
            FROM pg_temp.dbctl_net AS n CROSS JOIN LATERAL generate_series(1, n.change) WHERE n.change > 0
            """)
    }
}
