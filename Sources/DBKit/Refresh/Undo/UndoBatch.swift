import Operations
import Postgres

/// What one transaction of a run wrote, to be put back in one transaction.
struct UndoBatch: Sendable {
    private let changes: RunChanges
    /// The run's.
    private let transaction: String
    /// Its updates are put back already.
    private let isUndone: Bool
    private let updated: Int64
    private let inserted: Int64

    private static let shown = 100

    /// The newest first, as it is when things are undone.
    static func all(of run: RecordedRun, in session: Session) throws -> [UndoBatch] {
        let changes = RunChanges(run)
        guard let table = try changes.table() else { return [] }
        let rows = try session.rows(
            """
            SELECT c.xact::text AS xact, pg_catalog.count(*) FILTER (WHERE c.kind = 'u') AS updated,
                   pg_catalog.count(*) FILTER (WHERE c.kind = 'i') AS inserted
            FROM \(table) AS c WHERE c.run_id = \(run.record.runID) GROUP BY c.xact
            ORDER BY pg_catalog.age(c.xact)
            """)
        return try rows.map { row in
            let transaction: String = try row.value("xact")
            return UndoBatch(
                changes: changes, transaction: transaction, isUndone: run.undoneTransactions.contains(transaction),
                updated: try row.value("updated"), inserted: try row.value("inserted"))
        }
    }

    /// Counts what ``write(removesInserted:in:)`` would do.
    func plan(removesInserted: Bool, in session: Session) throws -> RefreshUndoReport.Part {
        var part = RefreshUndoReport.Part()
        let own = transaction
        if !isUndone {
            try edited(kind: "u", unless: "t.xmin = \(try xid(own))", orMissing: true, &part, in: session)
            part.restored = updated - part.edited
        }
        let before = part.edited
        if removesInserted {
            try edited(kind: "i", unless: "t.xmin = \(try xid(own))", orMissing: false, &part, in: session)
            part.removed = try present(in: session) - (part.edited - before)
        } else {
            part.kept = inserted
        }
        return part
    }

    /// Within a transaction of the caller's.
    func write(removesInserted: Bool, in session: Session) throws -> RefreshUndoReport.Part {
        var part = RefreshUndoReport.Part()
        try session.execute("SET LOCAL lock_timeout = '20ms'")
        if !isUndone, updated > 0 {
            let set = try changes.values().map { "\($0.column) = c.\($0.kept)" as SQLFragment }
            part.restored = Int64(
                try session.execute(
                    """
                    UPDATE \(try target()) AS t SET \(set.joined(separator: ", ")) FROM \(try table()) AS c
                    WHERE \(try own("u")) AND \(try changes.sameKey()) AND t.xmin = c.xact
                    """))
            if part.restored < updated {
                try edited(
                    kind: "u", unless: "t.xmin = pg_catalog.pg_current_xact_id()::xid", orMissing: true, &part,
                    in: session)
            }
        }
        guard removesInserted else {
            part.kept = inserted
            return part
        }
        part.removed = Int64(
            try session.execute(
                """
                DELETE FROM \(try target()) AS t USING \(try table()) AS c
                WHERE \(try own("i")) AND \(try changes.sameKey()) AND t.xmin = c.xact
                """))
        if part.removed < inserted { try edited(kind: "i", unless: "false", orMissing: false, &part, in: session) }
        return part
    }

    /// Notes that this batch is put back; with the last one, that the run is.
    func record(by run: String, isLast: Bool, in session: Session) throws {
        try session.execute(
            """
            UPDATE dbctl.refresh_runs
            SET undone_xacts = pg_catalog.array_append(pg_catalog.array_remove(undone_xacts, \(transaction)), \(transaction)),
                state = CASE WHEN \(isLast)::boolean THEN 'undone' ELSE state END,
                undone_by = CASE WHEN \(isLast)::boolean THEN coalesce(undone_by, \(run)) ELSE undone_by END
            WHERE run_id = \(changes.run.record.runID)
            """)
    }

    /// Rows of which somebody has made something else since, or that are gone.
    private func edited(
        kind: SQLFragment, unless: SQLFragment, orMissing: Bool, _ part: inout RefreshUndoReport.Part,
        in session: Session
    ) throws {
        let missing: SQLFragment = orMissing ? "t.tableoid IS NULL OR " : "t.tableoid IS NOT NULL AND "
        let order = try changes.keys().map { "c.\($0.kept)" as SQLFragment }.joined(separator: ", ")
        let rows = try session.rows(
            """
            SELECT \(try changes.keyTexts()) AS key, pg_catalog.count(*) OVER () AS total
            FROM \(try table()) AS c LEFT JOIN \(try target()) AS t ON \(try changes.sameKey())
            WHERE \(try own(kind)) AND (\(missing)NOT (\(unless))) ORDER BY \(order) LIMIT \(UndoBatch.shown)
            """)
        part.edited += try rows.first?.value("total") ?? 0
        part.editedKeys += try rows.map { try $0.elements("key").map { $0 ?? "" } }
    }

    private func present(in session: Session) throws -> Int64 {
        try session.row(
            """
            SELECT pg_catalog.count(*) AS n FROM \(try table()) AS c JOIN \(try target()) AS t ON \(try changes.sameKey())
            WHERE \(try own("i"))
            """
        ).value("n")
    }

    private func own(_ kind: SQLFragment) throws -> SQLFragment {
        "c.run_id = \(try literal(changes.run.record.runID)) AND c.xact = \(try xid(transaction)) AND c.kind = '\(kind)'"
    }

    private func xid(_ text: String) throws -> SQLFragment { "\(try literal(text))::xid" }

    private func table() throws -> Identifier {
        guard let table = try changes.table() else { throw Failure(.bugUnexpected, "a batch without pre-images") }
        return table
    }

    private func target() throws -> SQLFragment {
        guard let target = changes.run.targetNow else { throw Failure(.bugUnexpected, "a batch without a table") }
        return "\(ServerText(catalog: target))"
    }
}

extension RefreshUndoReport {
    /// What became of one batch.
    struct Part: Sendable {
        var restored: Int64 = 0
        var removed: Int64 = 0
        var kept: Int64 = 0
        var edited: Int64 = 0
        var editedKeys: [[String]] = []
    }

    init(_ run: RecordedRun, isDryRun: Bool) {
        self.init(
            undoneRunID: run.record.runID, table: run.record.table, isDryRun: isDryRun, restored: 0, removed: 0, kept: 0,
            edited: 0, editedKeys: [], keyColumns: run.keyColumns, retries: 0)
    }

    static func += (report: inout RefreshUndoReport, part: Part) {
        report.restored += part.restored
        report.removed += part.removed
        report.kept += part.kept
        report.edited += part.edited
        report.editedKeys = Array((report.editedKeys + part.editedKeys).prefix(100))
    }
}
