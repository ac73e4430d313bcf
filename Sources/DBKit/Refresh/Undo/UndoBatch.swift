import Operations
import Postgres

/// What one transaction of a run wrote, to be put back in one transaction.
struct UndoBatch: Sendable {
    let changes: UndoChanges
    /// The run's, as `xmin` of its rows has it.
    let transaction: String
    let updated: Int64
    let inserted: Int64

    /// The newest first, as it is when things are undone. What was put back before is not among them.
    static func all(of run: RecordedRun, in session: Session) throws -> [UndoBatch] {
        guard let changes = try UndoChanges(run, in: session) else { return [] }
        let rows = try session.rows(
            """
            SELECT c.xact::text AS xact, pg_catalog.count(*) FILTER (WHERE c.kind = 'u') AS updated,
                   pg_catalog.count(*) FILTER (WHERE c.kind = 'i') AS inserted
            FROM \(changes.table) AS c WHERE c.run_id = \(run.record.runID) AND c.kind IN ('u', 'i') GROUP BY c.xact
            ORDER BY pg_catalog.age(c.xact)
            """)
        return try rows.map { row in
            UndoBatch(
                changes: changes, transaction: try row.value("xact"), updated: try row.value("updated"),
                inserted: try row.value("inserted"))
        }
    }

    /// Counts what ``write(removesInserted:in:)`` would do.
    func plan(removesInserted: Bool, in session: Session) throws -> RefreshUndoReport.Part {
        var part = RefreshUndoReport.Part()
        try countEdited(editedUpdates(by: try xid(transaction)), &part, in: session)
        try countEdited(editedInserts(removesInserted), &part, in: session)
        let editedUpdates = part.edited - part.editedInserts
        part.restored = updated - editedUpdates
        if removesInserted {
            let present = try count("c.kind = 'i' AND t.xmin = c.xact", in: session)
            part.referenced = try count("c.kind = 'i' AND t.xmin = c.xact AND (\(changes.isReferenced))", in: session)
            part.removed = present - part.referenced
        } else {
            part.kept = inserted - part.editedInserts
        }
        return part
    }

    /// Within a transaction of the caller's.
    func write(removesInserted: Bool, in session: Session) throws -> RefreshUndoReport.Part {
        var part = RefreshUndoReport.Part()
        let mine: SQLFragment = "pg_catalog.pg_current_xact_id()::xid"
        try session.execute("SET LOCAL lock_timeout = '20ms'")
        try changes.holdTable(in: session)
        if updated > 0, !changes.values.isEmpty {
            let set = changes.values.map { "\($0.column) = c.\($0.kept)" as SQLFragment }
            part.restored = Int64(
                try session.execute(
                    """
                    UPDATE \(changes.target) AS t SET \(set.joined(separator: ", ")) FROM \(changes.table) AS c
                    WHERE \(try own()) AND c.kind = 'u' AND \(changes.sameKey) AND t.xmin = c.xact
                    """))
            part.suppressed = try count("c.kind = 'u' AND t.xmin = c.xact AND t.xmin <> \(mine)", in: session)
        }
        // Before they are deleted: a row that is gone afterwards is one of ours.
        try countEdited(editedInserts(removesInserted), &part, in: session)
        if removesInserted {
            part.removed = Int64(
                try session.execute(
                    """
                    DELETE FROM \(changes.target) AS t USING \(changes.table) AS c
                    WHERE \(try own()) AND c.kind = 'i' AND \(changes.sameKey) AND t.xmin = c.xact
                      AND NOT (\(changes.isReferenced))
                    """))
            let left = try count("c.kind = 'i' AND t.xmin = c.xact", in: session)
            part.referenced = try count("c.kind = 'i' AND t.xmin = c.xact AND (\(changes.isReferenced))", in: session)
            part.suppressed += left - part.referenced
        } else {
            part.kept = inserted - part.editedInserts
        }
        try countEdited(editedUpdates(by: mine), &part, in: session)
        // A row that a trigger kept is as the run left it, and not edited.
        try changes.handBack(self, in: session)
        try session.execute(
            """
            UPDATE \(changes.table) AS c SET kind = 'r' FROM \(changes.target) AS t
            WHERE \(try own()) AND c.kind = 'u' AND \(changes.sameKey) AND t.xmin = \(mine)
            """)
        if part.removed > 0 {
            try session.execute(
                """
                UPDATE \(changes.table) AS c SET kind = 'd'
                WHERE \(try own()) AND c.kind = 'i'
                  AND NOT EXISTS (SELECT FROM \(changes.target) AS t WHERE \(changes.sameKey))
                """)
        }
        return part
    }

    /// Updated rows of which somebody has made something else since, or that are gone.
    ///
    /// - Parameter transaction: By which a row is as it should be.
    private func editedUpdates(by transaction: SQLFragment) -> SQLFragment {
        "c.kind = 'u' AND (t.tableoid IS NULL OR t.xmin <> \(transaction) AND t.xmin <> c.xact)"
    }

    /// Inserted rows that are gone; where they are to be removed, those too of which something else was made.
    private func editedInserts(_ removesInserted: Bool) -> SQLFragment {
        removesInserted
            ? "c.kind = 'i' AND (t.tableoid IS NULL OR t.xmin <> c.xact)" : "c.kind = 'i' AND t.tableoid IS NULL"
    }

    private func countEdited(
        _ condition: SQLFragment, _ part: inout RefreshUndoReport.Part, in session: Session
    ) throws {
        let order = changes.keys.map { "c.\($0.kept)" as SQLFragment }.joined(separator: ", ")
        let rows = try session.rows(
            """
            SELECT \(changes.keyTexts) AS key, pg_catalog.count(*) OVER () AS total,
                   pg_catalog.count(*) FILTER (WHERE c.kind = 'i') OVER () AS inserts
            FROM \(changes.table) AS c LEFT JOIN \(changes.target) AS t ON \(changes.sameKey)
            WHERE \(try own()) AND \(condition)
            ORDER BY \(order) LIMIT \(RefreshUndoReport.keysShown)
            """)
        part.edited += try rows.first?.value("total") ?? 0
        part.editedInserts += try rows.first?.value("inserts") ?? 0
        part.editedKeys += try rows.map { try $0.elements("key").map { $0 ?? "" } }
    }

    private func count(_ condition: SQLFragment, in session: Session) throws -> Int64 {
        try session.row(
            """
            SELECT pg_catalog.count(*) AS n FROM \(changes.table) AS c JOIN \(changes.target) AS t ON \(changes.sameKey)
            WHERE \(try own()) AND \(condition)
            """
        ).value("n")
    }

    func own() throws -> SQLFragment {
        "c.run_id = \(try literal(changes.runID)) AND c.xact = \(try xid(transaction))"
    }

    private func xid(_ text: String) throws -> SQLFragment { "\(try literal(text))::xid" }
}
