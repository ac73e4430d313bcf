import Operations
import Postgres

/// The pre-images of a run beside the table that they came from, as the statements of an undo name them.
struct UndoChanges: Sendable {
    let runID: String
    /// With the pre-images, `c` in statements.
    let table: Identifier
    /// `t` in statements.
    let target: SQLFragment
    private let targetName: String
    private let targetOid: Int64
    /// Column of the target, and what it is called among the pre-images.
    let keys: [(column: Identifier, kept: Identifier)]
    let values: [(column: Identifier, kept: Identifier)]
    /// `t."asset_id" = c."b1" AND …`
    let sameKey: SQLFragment
    let keyTexts: SQLFragment
    /// A row of another table refers to `t`: to delete it would take that one along, or fail.
    let isReferenced: SQLFragment
    /// Where the pre-images of runs with the same key lie.
    private let siblings: [Identifier]
    /// Some of them are of another run.
    private let hasOtherRuns: Bool

    /// Nil: the run wrote nothing, or its pre-images are kept no longer.
    init?(_ run: RecordedRun, in session: Session) throws {
        let changes = RunChanges(run)
        guard let table = try changes.table(), let target = run.place.place else { return nil }
        if let missing = try changes.missingColumns(in: session).first {
            throw Failure(
                .refreshNotUndoable,
                "\(run.record.table) has no column \(missing) any more, which run \(run.record.runID) wrote",
                detail: "Nothing was changed.",
                hint:
                    "give it its name back, or add it again, until the run is undone; its pre-images are in dbctl.\(run.changes ?? "")"
            )
        }
        runID = run.record.runID
        self.table = table
        self.target = "\(ServerText(catalog: target))"
        targetName = target
        targetOid = run.target
        keys = try changes.keys()
        values = try changes.values()
        sameKey = try changes.sameKey()
        keyTexts = try changes.keyTexts()
        isReferenced = try Self.references(to: run.target, in: session)
        let others = try session.rows(
            Query(embedded: PackageResources.refresh_siblings_sql, binds: [run.target, run.keyColumns]))
        siblings = try others.map { try identifier("dbctl", $0.value("changes", as: String.self)) }
        hasOtherRuns = try others.reduce(0) { try $0 + $1.value("runs", as: Int.self) } > 1
    }

    private static func references(to target: Int64, in session: Session) throws -> SQLFragment {
        let rows = try session.rows(Query(embedded: PackageResources.target_referrers_sql, binds: [target]))
        let references = try rows.map { row -> SQLFragment in
            let pairs = zip(
                try row.value("columns", as: [String].self), try row.value("referenced_columns", as: [String].self))
            let same = try pairs.map { "f.\(try identifier($0)) = t.\(try identifier($1))" as SQLFragment }
            let table = try identifier(row.value("schema", as: String.self), row.value("name", as: String.self))
            return "EXISTS (SELECT FROM \(table) AS f WHERE \(same.joined(separator: " AND ")))"
        }
        return references.isEmpty ? "false" : references.joined(separator: " OR ")
    }

    /// Keeps the name for the table that the run wrote, until the transaction ends.
    func holdTable(in session: Session) throws {
        guard try !session.hold(ServerText(catalog: targetName), oid: targetOid) else { return }
        throw Failure(
            .refreshTableNotFound, "\(targetName) is another table by now than the one that run \(runID) wrote",
            detail: "Nothing of it was changed.", hint: "run the same command again: it looks where the table is")
    }

    /// A row that is put back is again what an earlier run had left, and that run may be undone next: its rows are known
    /// by this transaction from now on.
    func handBack(_ batch: UndoBatch, in session: Session) throws {
        guard hasOtherRuns else { return }
        // Nobody has looked at these tables since they were filled: a loop within a loop would take minutes.
        try session.execute("SET LOCAL enable_nestloop = off")
        defer { _ = try? session.execute("SET LOCAL enable_nestloop TO DEFAULT") }
        // By the column's own equality, which the pre-images need not have.
        let same = keys.map { "a.\($0.kept) = t.\($0.column)" as SQLFragment }.joined(separator: " AND ")
        for sibling in siblings {
            try session.execute(
                """
                UPDATE \(sibling) AS a SET xact = pg_catalog.pg_current_xact_id()::xid
                FROM \(table) AS c, \(target) AS t
                WHERE \(try batch.own()) AND c.kind = 'u' AND \(sameKey) AND t.xmin = pg_catalog.pg_current_xact_id()::xid
                  AND a.run_id <> c.run_id AND a.kind IN ('u', 'i') AND a.xact = c.prior AND a.xmin = a.xact AND \(same)
                """)
        }
    }
}
