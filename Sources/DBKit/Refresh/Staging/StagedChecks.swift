import Operations
import Postgres

/// What only the server can tell of the staged rows: values whose row is not there, and keys that come twice.
struct StagedChecks {
    let area: StagingArea
    let session: Session
    let reader: FeedReader
    /// Staged rows that were refused after all.
    private(set) var refused: Int64 = 0
    /// Rows that say the same as another one, or that a later one replaces.
    private(set) var collapsed: Int64 = 0

    init(_ area: StagingArea, session: Session, reader: FeedReader) {
        self.area = area
        self.session = session
        self.reader = reader
    }

    /// Takes the rows out whose value is not found where it is looked up, or where a foreign key wants it.
    mutating func refuseUnmatched() throws {
        for column in area.columns {
            guard let lookup = column.lookup else { continue }
            try refuse(
                "r.\(column.new) IS NOT NULL AND NOT EXISTS (SELECT FROM \(lookup.table) AS l WHERE l.\(lookup.column) = r.\(column.new))",
                "\(column.fed.target.name): no row of \(lookup.tableName) has this \(lookup.columnName)", of: column)
        }
        for key in area.target.foreignKeys {
            let fed = key.columns.compactMap { name in area.columns.first { $0.fed.target.name == name } }
            // What is looked up in the referenced table is found there.
            guard fed.count == key.columns.count, !fed.contains(where: { $0.lookup != nil }) else { continue }
            // A row may come with the one that it refers to: the server decides when all are in.
            guard key.referencedSchema != area.target.schema || key.referencedTable != area.target.name else {
                continue
            }
            var same: [SQLFragment] = []
            for (column, referenced) in zip(fed, key.referencedColumns) {
                same.append("l.\(try identifier(referenced)) = r.\(column.new)")
            }
            let isThere = fed.map { "r.\($0.new) IS NOT NULL" as SQLFragment }.joined(separator: " AND ")
            let table = try identifier(key.referencedSchema, key.referencedTable)
            try refuse(
                "\(isThere) AND NOT EXISTS (SELECT FROM \(table) AS l WHERE \(same.joined(separator: " AND ")))",
                "\(key.columns.joined(separator: ", ")): there is no such row in \(key.referencedTable) (\(key.referencedColumns.joined(separator: ", ")))",
                of: fed[0])
        }
    }

    private mutating func refuse(_ condition: SQLFragment, _ reason: String, of column: StagedColumn) throws {
        let values = area.columns.map { "r.\($0.new)::text" as SQLFragment }.joined(separator: ", ")
        // Marked first, so that those that are read are those that go, however many there are.
        let staging = try area.staging
        let count = try session.execute("UPDATE \(staging) AS r SET refused = true WHERE r.line > 0 AND \(condition)")
        guard count > 0 else { return }
        try area.reading(
            "SELECT r.file, r.line, ARRAY[\(values)] AS texts FROM \(staging) AS r WHERE r.refused ORDER BY r.file, r.line",
            in: session
        ) { row in
            let texts = try row.elements("texts")
            let staged = Dictionary(
                uniqueKeysWithValues: zip(area.columns.map(\.fed.target.name), texts))
            let value = staged[column.fed.target.name] ?? nil
            try reader.reject(
                file: try row.value("file"), line: try row.value("line"), values: staged,
                value.map { "\(reason): \"\($0)\"" } ?? reason)
        }
        try session.execute("DELETE FROM \(staging) WHERE refused")
        refused += Int64(count)
    }

    /// Keys that come more than once.
    ///
    /// - Throws: `refresh.duplicates` naming keys and lines, where the rule does not put up with them.
    /// - Returns: The rows without them.
    mutating func collapse(_ rule: DuplicateRule, files: [String]) throws -> StagedRows {
        var rows = StagedRows(area)
        let source = try rows.all()
        let keys = area.keyList("s")
        let groups: SQLFragment =
            "SELECT \(keys), pg_catalog.count(*) AS n FROM \(source) AS s GROUP BY \(keys) HAVING pg_catalog.count(*) > 1"
        let sum = try session.row(
            "SELECT pg_catalog.count(*) AS keys, coalesce(pg_catalog.sum(g.n), 0)::bigint AS records FROM (\(groups)) AS g"
        )
        let count: Int64 = try sum.value("keys")
        guard count > 0 else { return rows }
        if rule != .last { try refuseConflicts(rule, groups, source, files) }
        collapsed = try sum.value("records", as: Int64.self) - count
        rows.hasDuplicates = true
        return rows
    }

    private func refuseConflicts(
        _ rule: DuplicateRule, _ groups: SQLFragment, _ source: SQLFragment, _ files: [String]
    ) throws {
        let same = area.keys.map { "s.\($0.new) = g.\($0.new)" as SQLFragment }.joined(separator: " AND ")
        let keys = area.keyList("s")
        // Of a key that may be spelled in several ways, the first.
        let texts = area.keys.map {
            "(pg_catalog.array_agg(s.\($0.new)::text ORDER BY s.file, s.line))[1]" as SQLFragment
        }.joined(separator: ", ")
        let whole = area.values.map { "s.\($0.new)" as SQLFragment }.joined(separator: ", ")
        // A row of no columns has one text, so a feed of keys alone has no conflicts.
        let differ: SQLFragment = rule == .refuse ? "true" : "pg_catalog.count(DISTINCT ROW(\(whole))::text) > 1"
        let conflicts = try session.rows(
            """
            SELECT pg_catalog.count(*) OVER () AS total, ARRAY[\(texts)] AS key,
                   (pg_catalog.array_agg(s.file ORDER BY s.file, s.line))[1:5] AS files,
                   (pg_catalog.array_agg(s.line ORDER BY s.file, s.line))[1:5] AS lines
            FROM \(source) AS s JOIN (\(groups)) AS g ON \(same)
            GROUP BY \(keys) HAVING \(differ)
            ORDER BY \(keys) LIMIT 10
            """)
        guard let first = conflicts.first else { return }
        let total: Int64 = try first.value("total")
        var samples: [String] = []
        for row in conflicts {
            let places = zip(
                try row.value("files", as: [Int].self), try row.value("lines", as: [Int].self)
            ).map { file, line in files.count > 1 ? "\(files[file]):\(line)" : "line \(line)" }
            let key = try row.elements("key")
            samples.append(
                "(\(zip(area.keys, key).map { "\($0.fed.target.name)=\($1 ?? "NULL")" }.joined(separator: ", "))) \(places.joined(separator: ", "))"
            )
        }
        let what = rule == .refuse ? "more than once" : "more than once with different values"
        throw Failure(
            .refreshDuplicates, "\(total) key\(total == 1 ? " is" : "s are") in the feed \(what): \(samples[0])",
            detail: "\(samples.joined(separator: "\n"))\nNothing was changed.",
            hint: rule == .refuse
                ? "--dup identical puts up with records that say the same, --dup last takes the last one of each key"
                : "mend the feed; or --dup last takes the last one of each key")
    }
}
