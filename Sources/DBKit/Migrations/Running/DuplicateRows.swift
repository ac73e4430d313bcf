import Postgres

/// Rows with a key that a unique index allows only once: how they are found, as it is typed, and a few of them.
struct DuplicateRows: Sendable {
    /// With its schema, quoted where it must be.
    var table: String
    /// Columns or expressions, and the predicate, as the server writes them.
    var keys: [String]
    var predicate: String?
    var nullsNotDistinct: Bool

    /// Those that this index refuses; nil when it is gone.
    init?(under index: InvalidIndex, in session: Session) throws {
        let query = Query(embedded: PackageResources.migrations_index_keys_sql, binds: [index.oid])
        guard let row = try session.rows(query).first else { return nil }
        try self.init(
            table: row.value("table_name"), keys: row.value("keys"), predicate: row.value("predicate"),
            nullsNotDistinct: row.value("nulls_not_distinct"))
    }

    init(table: String, keys: [String], predicate: String?, nullsNotDistinct: Bool) {
        self.table = table
        self.keys = keys
        self.predicate = predicate
        self.nullsNotDistinct = nullsNotDistinct
    }

    /// Finds all of them. Grouped by position, because a key may be a constant.
    var query: String { "SELECT \(keys.joined(separator: ", ")), count(*) \(grouped)" }

    private var grouped: String {
        // NULLs are distinct from each other unless the index says otherwise.
        let conditions =
            (predicate.map { ["(\($0))"] } ?? []) + (nullsNotDistinct ? [] : keys.map { "\($0) IS NOT NULL" })
        let filter = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
        let places = keys.indices.map { "\($0 + 1)" }.joined(separator: ", ")
        return "FROM \(table)\(filter) GROUP BY \(places) HAVING count(*) > 1"
    }

    /// Up to five keys; looking for them takes a scan, and no more than ten seconds.
    func samples(in session: Session) -> String? {
        let lines = try? session.transaction(.readOnly) { session in
            try session.execute("SET LOCAL statement_timeout = '10s'")
            let names = try keys.indices.map { place -> SQLFragment in "\(try identifier("k\(place + 1)"))" }
            let list = zip(keys, names).map { key, name -> SQLFragment in "\(ServerText(catalog: key)) AS \(name)" }
            let query: Query = """
                SELECT left(ROW(\(names.joined(separator: ", ")))::text, 200) AS key, times
                FROM (SELECT \(list.joined(separator: ", ")), count(*) AS times \(ServerText(catalog: grouped))
                      ORDER BY count(*) DESC LIMIT 5) AS found
                """
            return try session.rows(query).map { row -> String in
                let (key, times): (String, Int) = (try row.value("key"), try row.value("times"))
                return "\(key) \(times) times"
            }
        }
        guard let lines, !lines.isEmpty else { return nil }
        return "\(keys.joined(separator: ", ")): \(lines.joined(separator: ", "))"
    }
}
