import Operations
import Postgres

/// The columns of a drain, and how one row is compared with another.
struct DrainColumns: Sendable {
    /// Those that are written.
    let columns: [Identifier]
    /// A unique key without NULLs; empty when there is none.
    let key: [Identifier]

    var list: SQLFragment { Self.joined(columns.map { "\($0)" }) }

    /// `(r).a, (r).b`
    func values(of row: SQLFragment) -> SQLFragment { Self.joined(columns.map { "(\(row)).\($0)" }) }

    /// The row as one text: two are the same when these are. The order of the columns is the parent's, whatever that of the
    /// table is. Works for types without an equality, too.
    func text(of row: SQLFragment) -> SQLFragment { "ROW(\(values(of: row)))::text" }

    func key(of row: SQLFragment) -> SQLFragment { Self.joined(key.map { "(\(row)).\($0)" }) }

    private static func joined(_ parts: [SQLFragment]) -> SQLFragment { parts.joined(separator: ", ") }
}

/// Copies the rows of a range as they are at one moment, in pieces of the default partition, each a transaction of its own.
struct DrainCopy: Sendable {
    let request: PartitionRequest
    let queue: DrainQueue
    let columns: DrainColumns
    let child: SQLFragment

    private static let blocks: Int64 = 1024

    func run() async throws {
        var settings = request.settings
        settings.idleInTransactionTimeout = .zero
        try await Connection.with(request.server, settings: settings) { holder in
            let (snapshot, size) = try await holder.run { session in
                try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                let size: Int64 = try session.row(
                    "SELECT pg_catalog.pg_relation_size(\(queue.fallback.oid)::bigint::oid) / current_setting('block_size')::bigint AS blocks"
                ).value("blocks")
                return (try session.exportSnapshot(), size)
            }
            try await Connection.with(request.server, settings: request.settings) { copier in
                // What was noted before this moment is part of what is copied.
                try await copier.run { session in
                    try within(snapshot, session) { _ = try $0.execute("DELETE FROM \(try queue.sql)") }
                }
                for first in stride(from: 0, through: size, by: Int64.Stride(Self.blocks)) {
                    try await copier.run { session in
                        try within(snapshot, session) { try copy(from: first, $0) }
                    }
                    request.progress.report(
                        Progress(
                            phase: "drain", done: min(first + Self.blocks, size), total: size, unit: .items,
                            note: queue.check.text))
                }
            }
        }
    }

    private func within(_ snapshot: SnapshotID, _ session: Session, _ body: (Session) throws -> Void) throws {
        try session.transaction(TransactionMode(isolation: .repeatableRead)) { session in
            try session.importSnapshot(snapshot)
            try body(session)
        }
    }

    private func copy(from first: Int64, _ session: Session) throws {
        let (low, high) = ("(\(first),0)", "(\(first + Self.blocks),0)")
        try session.execute(
            """
            INSERT INTO \(child) (\(columns.list)) SELECT \(columns.list) FROM ONLY \(try queue.fallback.sql())
            WHERE ctid >= \(low)::tid AND ctid < \(high)::tid AND \(try queue.check.inside)
            """)
    }
}

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
            : "(\(columns.key(of: "c"))) IN (SELECT \(columns.key(of: "n.row_value")) FROM pg_temp.dbctl_net AS n WHERE n.change < 0)"
        let deleted = try session.execute(
            """
            DELETE FROM \(child) WHERE ctid IN (
                SELECT r.place FROM (
                    SELECT c.ctid AS place, \(columns.text(of: "c")) AS text,
                           row_number() OVER (PARTITION BY \(columns.text(of: "c"))) AS number
                    FROM \(child) AS c WHERE \(filter)) AS r
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
