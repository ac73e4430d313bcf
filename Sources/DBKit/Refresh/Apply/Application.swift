import Operations
import Postgres

/// Writes one batch of a delta into the target, in one transaction with its pre-images and its place in the history.
///
/// A row is written only as the very version that the delta has seen: `ctid` and `xmin` name it. So the old values that
/// are kept are the ones that stood there, whoever else is writing, and no row is locked before it is changed. A row that
/// somebody was faster with comes round again as what it is by then. No lock is waited for longer than a moment: the
/// whole batch goes back and comes again (``BusyRetry``), so nobody waits behind it, and no deadlock can last.
struct Application {
    let delta: Delta
    let session: Session
    let batch: Int
    /// Rows that the delta has for this batch.
    let expected: Int64
    /// Into an empty table, too, rows go with a look for each of them.
    let minding: Bool
    private(set) var outcome = Outcome()

    /// What became of the rows of a batch.
    struct Outcome: Sendable, Hashable {
        var inserted: Int64 = 0
        var updated: Int64 = 0
        /// Dropped by the table's own triggers.
        var suppressed: Int64 = 0
        /// Somebody else has written the same in the meantime.
        var unchanged: Int64 = 0

        var rows: Int64 { inserted + updated + suppressed + unchanged }

        static func += (left: inout Outcome, right: Outcome) {
            left.inserted += right.inserted
            left.updated += right.updated
            left.suppressed += right.suppressed
            left.unchanged += right.unchanged
        }
    }

    private var area: StagingArea { delta.area }

    init(_ delta: Delta, batch: Int, minding: Bool, in session: Session) {
        self.delta = delta
        self.minding = minding
        self.batch = batch
        expected = batch < delta.batches.count ? delta.batches[batch] : 0
        self.session = session
    }

    /// Within a transaction of the caller's, which has no savepoint: a subtransaction's rows have another `xmin`.
    mutating func write() throws {
        // For the rows of whoever holds one just now.
        try session.execute("SET LOCAL lock_timeout = '20ms'")
        try holdTable()
        if delta.updated > 0 { outcome.updated = Int64(try session.execute(update())) }
        if delta.inserted > 0 { try insertFirst() }
        var rounds = 0
        while outcome.rows != expected {
            guard outcome.rows < expected else {
                // A row that is stored elsewhere looks as if it were still missing.
                if area.target.hasRowTriggers { try findAgain() }
                throw Failure(
                    .refreshAccounting, "\(outcome.rows) rows were written where \(expected) were to be",
                    detail: "The batch was rolled back.", hint: "please report this with the table's definition")
            }
            rounds += 1
            guard rounds <= Application.maximumRounds else {
                throw PostgresError(
                    .server, "rows of \(area.target.qualifiedName) change faster than they can be read",
                    sqlState: .lockNotAvailable)
            }
            try comeRound()
        }
        if area.target.hasRowTriggers { try findAgain() }
    }

    /// A trigger may store a row under another key than the feed's, where it can neither be compared nor taken back.
    private func findAgain() throws {
        let found: Int64 = try session.row(
            """
            SELECT pg_catalog.count(*) AS n FROM \(try area.delta) AS d
            JOIN \(try area.target.quoted()) AS t
              ON \(try area.sameKey("d")) AND t.xmin = pg_catalog.pg_current_xact_id()::xid
            WHERE d.batch = \(batch) AND d.kind IN ('i', 'u')
            """
        ).value("n")
        let lost = outcome.inserted + outcome.updated - found
        guard lost == 0 else {
            throw Failure(
                .refreshNotATable,
                "a trigger of \(area.target.qualifiedName) stores \(lost) rows under another key than the feed's: they could neither be compared nor taken back",
                detail: "The batch was rolled back.",
                hint: "let the feed have the key as the trigger writes it, or take the trigger away")
        }
    }

    private static let maximumRounds = 20

    /// Keeps the name for the table that the feed was compared with, until the transaction ends.
    private func holdTable() throws {
        let target = area.target
        guard try session.hold(ServerText(catalog: target.quoted().sql), oid: target.oid) else {
            throw Failure(
                .refreshTableNotFound,
                "\(target.qualifiedName) is another table by now than the one that the feed was compared with",
                hint: "run the same command again: it is compared with the new one")
        }
    }

    /// Into a table without a row nothing can be in the way but who writes the same keys in this very moment: then the
    /// look for each row, which costs half as much as the row itself, is left out.
    ///
    /// - Throws: ``KeyTaken`` where somebody did.
    private mutating func insertFirst() throws {
        guard !minding, delta.updated == 0, try isEmpty() else {
            outcome.inserted = Int64(try session.execute(insert(.first)))
            return
        }
        do {
            outcome.inserted = Int64(try session.execute(insert(.alone)))
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            throw KeyTaken()
        } catch {
            throw error
        }
    }

    private func isEmpty() throws -> Bool {
        try session.row("SELECT NOT EXISTS (SELECT FROM \(try area.target.quoted())) AS is_empty").value("is_empty")
    }

    /// The transaction is lost, and the next one minds.
    struct KeyTaken: Error {}

    private enum Insertion {
        /// Into an empty table.
        case alone
        case first
        /// Of rows that were not written the first time.
        case again
    }

    private func update() throws -> Query {
        let written = try area.written
        guard !written.isEmpty else { return "SELECT WHERE false" }
        let set = written.map { "\($0.column) = \($0.value)" as SQLFragment }.joined(separator: ", ")
        return """
            UPDATE \(try area.target.quoted()) AS t SET \(set) FROM \(try area.delta) AS d
            WHERE d.batch = \(batch) AND d.kind = 'u' AND t.ctid = d.tid AND t.xmin = d.xm AND t.tableoid = d.toid
              AND \(try area.sameKey("d"))
            """
    }

    private func insert(_ insertion: Insertion) throws -> Query {
        var columns = try area.columns.map { try identifier($0.fed.target.name) }
        var values: [SQLFragment] = area.columns.map { "d.\($0.new)" }
        for name in [area.audit.createdAt, area.audit.updatedAt].compactMap({ $0 }) {
            columns.append(try identifier(name))
            values.append("pg_catalog.now()")
        }
        let overriding: SQLFragment =
            area.columns.contains(where: \.fed.target.isAlwaysIdentity) ? "OVERRIDING SYSTEM VALUE " : ""
        // Only then: a default that takes a number of a sequence takes it for rows that are there already, too.
        let missing: SQLFragment =
            insertion != .again
            ? ""
            : " AND NOT EXISTS (SELECT FROM \(try area.target.quoted()) AS t WHERE \(try area.sameKey("d")))"
        let collations = area.target.arbiterCollations(of: area.keys.map(\.fed.target.name))
        let keys = try area.keys.map { key -> SQLFragment in
            let name = key.fed.target.name
            guard let collation = collations[name] else { return "\(try identifier(name))" }
            return "\(try identifier(name)) COLLATE \(ServerText(catalog: collation))"
        }.joined(separator: ", ")
        let rows: SQLFragment =
            "SELECT \(values.joined(separator: ", ")) FROM \(try area.delta) AS d WHERE d.batch = \(batch) AND d.kind = 'i'\(missing)"
        // Beside an empty table the delta lies in the order of the key.
        guard insertion != .alone else {
            return "INSERT INTO \(try area.target.quoted()) (\(columns)) \(overriding)\(rows)"
        }
        return """
            INSERT INTO \(try area.target.quoted()) (\(columns)) \(overriding)\(rows)
            ORDER BY \(area.keyList("d")) ON CONFLICT (\(keys)) DO NOTHING
            """
    }

    /// Reads again the rows of the batch that are not written yet, and writes them as what they are by now.
    private mutating func comeRound() throws {
        let delta = try area.delta
        let written = try area.written
        let old = written.map { ", \($0.old) = f.\($0.old)" as SQLFragment }.joined(separator: "")
        let found = written.map { ", t.\($0.column) AS \($0.old)" as SQLFragment }.joined(separator: "")
        let differs = try area.values.map { try Delta.differs($0, area.target) }
        // A row that still is as the delta knows it, or is still missing, was tried and not written: a trigger of the
        // table's dropped it. Without such a trigger somebody was faster once more.
        let dropped: SQLFragment = area.target.hasRowTriggers ? "'s'" : "d.kind"
        let changed: SQLFragment = differs.isEmpty ? "false" : differs.joined(separator: " OR ")
        let rows = try session.rows(
            """
            WITH found AS (
                SELECT s.ctid AS did, t.ctid AS tid, t.xmin AS xm, t.tableoid AS toid,
                       (t.tableoid IS NOT NULL AND NOT coalesce(\(changed), true)) AS is_same\(found)
                FROM \(delta) AS s LEFT JOIN \(try area.target.quoted()) AS t ON \(try area.sameKey("s"))
                WHERE s.batch = \(batch) AND s.kind IN ('i', 'u')
                  AND (t.tableoid IS NULL OR t.xmin <> pg_catalog.pg_current_xact_id()::xid)
            ),
            moved AS (
                UPDATE \(delta) AS d
                SET tid = f.tid, xm = f.xm, toid = f.toid,
                    kind = CASE
                        WHEN d.kind = 'i' AND f.tid IS NULL OR d.kind = 'u' AND f.tid = d.tid AND f.xm = d.xm THEN \(dropped)
                        WHEN f.tid IS NULL THEN 'i' WHEN f.is_same THEN '=' ELSE 'u' END::"char"\(old)
                FROM found AS f WHERE d.ctid = f.did RETURNING d.kind
            )
            SELECT kind::text AS kind, pg_catalog.count(*) AS n FROM moved GROUP BY kind
            """)
        for row in rows {
            let count: Int64 = try row.value("n")
            switch try row.value("kind", as: String.self) {
            case "s": outcome.suppressed += count
            case "=": outcome.unchanged += count
            default: break
            }
        }
        outcome.updated += Int64(try session.execute(update()))
        outcome.inserted += Int64(try session.execute(insert(.again)))
    }

    /// The rows that were written, with what stood there before.
    func keepPreImages(in changes: Identifier, run: String) throws {
        let olds = try area.written.map { ", d.\($0.old)" as SQLFragment }.joined(separator: "")
        let isWhole = outcome.inserted + outcome.updated == expected
        let join: SQLFragment =
            isWhole
            ? ""
            : " JOIN \(try area.target.quoted()) AS t ON \(try area.sameKey("d")) AND t.xmin = pg_catalog.pg_current_xact_id()::xid"
        try session.execute(
            """
            INSERT INTO \(changes)
            SELECT \(run), d.kind, pg_catalog.pg_current_xact_id()::xid, d.xm, \(area.keyList("d"))\(olds)
            FROM \(try area.delta) AS d\(join) WHERE d.batch = \(batch) AND d.kind IN ('i', 'u')
            """)
    }
}
