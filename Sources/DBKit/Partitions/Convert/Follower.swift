import Operations
import Postgres

/// Makes one table like another for all rows whose keys a ``ChangeLog`` has.
///
/// In one snapshot: the entries that are seen, and the rows as they stand there. What is written after it has an entry
/// that is not seen yet. So after each step the follower is what the table was at one moment, as far as it is copied, and no
/// unique key of it can be violated by rows of two moments (`ConvertStressTests`). Nothing in the table is locked.
struct Follower: Sendable {
    let log: ChangeLog
    /// Where rows are written by others.
    let source: SQLFragment
    let target: SQLFragment
    /// All columns that can be written.
    let columns: [String]
    /// What the target's partitions cover; nil for a plain table.
    var coverage: Coverage?

    struct Coverage: Sendable, Hashable {
        var range: PartitionRange
        var type: PartitionKeyType
    }

    /// A row of the source lies beyond all partitions.
    struct Uncovered: Error, Sendable {
        var ends: KeyEnds
    }

    /// More entries than may be taken at once.
    struct TooMany: Error, Sendable {
        var entries: Int64
    }

    /// Within a transaction of one snapshot, or one that keeps all others from writing.
    ///
    /// - Returns: How many entries there were.
    /// - Throws: ``Uncovered``, ``TooMany``.
    @discardableResult
    func follow(limit: Int64 = .max, in session: Session, _ budget: SwapBudget? = nil) throws -> Int64 {
        // Before the snapshot: a TRUNCATE between the two would leave a table that was always empty to it.
        try session.execute("LOCK TABLE \(source) IN ACCESS SHARE MODE", timeout: budget?.left())
        let entries = try log.sql()
        let first = try identifier(log.key.columns[0])
        let counted = try session.row(
            "SELECT count(*) AS entries, count(*) FILTER (WHERE \(first) IS NULL) AS truncations FROM \(entries)",
            timeout: budget?.left())
        let count: Int64 = try counted.value("entries")
        guard count > 0 else { return 0 }
        guard count <= limit else { throw TooMany(entries: count) }
        try checkCoverage(in: session, budget?.left())
        try plan(for: count, in: session)
        // All rows that were there are gone, and those that came since have entries.
        if try counted.value("truncations", as: Int64.self) > 0 {
            try session.execute("TRUNCATE \(target)", timeout: budget?.left())
        }
        let keys: SQLFragment =
            "(SELECT DISTINCT \(try log.key.list(log.key.all)) FROM \(entries) WHERE \(first) IS NOT NULL)"
        try session.execute(
            "DELETE FROM \(target) AS t USING \(keys) AS l WHERE \(try log.key.equality("t", "l"))",
            timeout: budget?.left())
        try session.execute(
            """
            INSERT INTO \(target) (\(try list())) OVERRIDING SYSTEM VALUE
            SELECT \(try list(of: "s")) FROM \(source) AS s JOIN \(keys) AS l ON \(try log.key.equality("s", "l"))
            """, timeout: budget?.left())
        try session.execute("DELETE FROM \(entries)", timeout: budget?.left())
        return count
    }

    func list(of alias: SQLFragment? = nil) throws(PostgresError) -> SQLFragment {
        try log.key.list(columns, of: alias)
    }

    /// A log is filled and emptied all the time, and has no statistics that would say anything. Few keys are looked up one
    /// by one, each in its partition; for many the planner may choose.
    private func plan(for entries: Int64, in session: Session) throws {
        if entries > 20_000 {
            try session.execute("ANALYZE \(try log.sql())")
        } else {
            for method in ["enable_hashjoin", "enable_mergejoin", "enable_seqscan"] {
                _ = try session.row("SELECT pg_catalog.set_config(\(method), 'off', true) AS setting")
            }
        }
    }

    /// A range is looked for before the rows are inserted: a failed INSERT would say so too, and stand in the server's log.
    private func checkCoverage(in session: Session, _ timeout: Duration?) throws {
        guard let coverage else { return }
        let key = try identifier(log.key.partitionKey)
        let first = try identifier(log.key.columns[0])
        // Also of rows that are gone meanwhile: no more than a reason to look closer.
        let noted: SQLFragment = "\(try log.sql()) AS s WHERE \(first) IS NOT NULL"
        let seen = try KeyEnds.read("s.\(key)", coverage.type, from: noted, in: session, timeout)
        guard !coverage.has(seen) else { return }
        let rows: SQLFragment =
            "\(source) AS s WHERE EXISTS (SELECT FROM \(try log.sql()) AS l WHERE \(try keyEquality()))"
        let exact = try KeyEnds.read("s.\(key)", coverage.type, from: rows, in: session, timeout)
        guard !coverage.has(exact) else { return }
        throw Uncovered(ends: exact)
    }

    /// By the unique key alone: a NULL is equal to nothing.
    private func keyEquality() throws(PostgresError) -> SQLFragment {
        var parts: [SQLFragment] = []
        for column in log.key.columns {
            let name = try identifier(column)
            parts.append("s.\(name) = l.\(name)")
        }
        return parts.joined(separator: " AND ")
    }
}

extension Follower.Coverage {
    func has(_ ends: KeyEnds) -> Bool {
        ends.nulls == 0
            && [ends.smallest, ends.largest].allSatisfy { text in
                guard let text else { return true }
                return PartitionValue(text, key: type).map(range.contains) ?? false
            }
    }
}
