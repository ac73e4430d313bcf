import Operations
import Postgres

/// The rows that a run wrote: where their pre-images lie, and what those are called there.
struct RunChanges: Sendable {
    let run: RecordedRun

    init(_ run: RecordedRun) {
        self.run = run
    }

    /// Nil: the run wrote nothing, or its pre-images are kept no longer.
    func table() throws -> Identifier? {
        try run.changes.map { try identifier("dbctl", $0) }
    }

    /// Column of the target, and what it is called among the pre-images.
    func keys() throws -> [(column: Identifier, kept: Identifier)] { try pairs(run.keyColumns, from: 0) }

    func values() throws -> [(column: Identifier, kept: Identifier)] {
        try pairs(run.columns, from: run.keyColumns.count)
    }

    private func pairs(_ names: [String], from place: Int) throws -> [(column: Identifier, kept: Identifier)] {
        try names.enumerated().map { (try identifier($1), try identifier("b\(place + $0 + 1)")) }
    }

    /// `t."asset_id" = c."b1" AND …`
    func sameKey() throws -> SQLFragment {
        try keys().map { "t.\($0.column) = c.\($0.kept)" as SQLFragment }.joined(separator: " AND ")
    }

    func keyTexts() throws -> SQLFragment {
        "ARRAY[\(try keys().map { "c.\($0.kept)::text" as SQLFragment }.joined(separator: ", "))]"
    }

    /// The first changes in the order of the key, each beside what stands there now.
    func list(_ limit: Int, in session: Session) throws -> ([RefreshChange], Int64) {
        guard let table = try table() else { return ([], 0) }
        let count: Int64 = try session.row(
            "SELECT pg_catalog.count(*) AS n FROM \(table) WHERE run_id = \(run.record.runID)"
        ).value("n")
        let values = try values()
        let before = values.map { "c.\($0.kept)::text" as SQLFragment }.joined(separator: ", ")
        var now: SQLFragment = "NULL::text[]"
        var join: SQLFragment = ""
        if let target = run.place.place, try missingColumns(in: session).isEmpty {
            let texts = values.map { "t.\($0.column)::text" as SQLFragment }.joined(separator: ", ")
            // Nothing is there: somebody has deleted the row.
            now = "CASE WHEN t.tableoid IS NOT NULL THEN ARRAY[\(texts)]::text[] END"
            join = " LEFT JOIN \(ServerText(catalog: target)) AS t ON \(try sameKey())"
        }
        let order = try keys().map { "c.\($0.kept)" as SQLFragment }.joined(separator: ", ")
        let rows = try session.rows(
            """
            SELECT c.kind::text AS kind, \(try keyTexts()) AS key, ARRAY[\(before)]::text[] AS before, \(now) AS now
            FROM \(table) AS c\(join) WHERE c.run_id = \(run.record.runID) ORDER BY \(order) LIMIT \(limit)
            """)
        let changes = try rows.map { row in
            let isInsert = ["i", "d"].contains(try row.value("kind", as: String.self))
            return RefreshChange(
                kind: isInsert ? .inserted : .updated, key: try row.elements("key").map { $0 ?? "" },
                before: isInsert ? [:] : named(try row.elements("before")),
                now: try row.value("now", as: String?.self) == nil ? [:] : named(try row.elements("now")))
        }
        return (changes, count)
    }

    /// Whether the pre-images of a run were written here: each by the transaction that it names. What came with a dump of
    /// another database has that of the restore.
    static func areOwn(_ changes: String, run: String, in session: Session) throws -> Bool {
        let table = try identifier("dbctl", changes)
        // Who may list the runs may not be allowed to read these.
        let isReadable: Bool = try session.row(
            "SELECT coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass(\(table.sql)), 'SELECT'), false) AS is_readable"
        ).value("is_readable")
        guard isReadable else { return true }
        // What was put back is another row by now, and says nothing.
        return try session.row(
            """
            SELECT coalesce((SELECT c.xmin = c.xact FROM \(table) AS c
                             WHERE c.run_id = \(run) AND c.kind IN ('u', 'i') LIMIT 1), true) AS are_own
            """
        ).value("are_own")
    }

    /// Columns that the run wrote and that the table has no more: dropped or renamed since.
    func missingColumns(in session: Session) throws -> [String] {
        let names = run.keyColumns + run.columns
        let there = try session.rows(Query(embedded: PackageResources.target_columns_sql, binds: [run.target]))
            .map { try $0.value("name", as: String.self) }
        return names.filter { !there.contains($0) }
    }

    private func named(_ values: [String?]) -> [String: String?] {
        Dictionary(uniqueKeysWithValues: zip(run.columns, values))
    }
}
