import Operations
import Postgres

/// Looks for rows that a unique index would refuse, before hours are spent on building it.
struct DuplicateLook: Sendable {
    let table: IndexedTable
    let definition: IndexDefinition

    /// - Throws: `index.duplicates` with sample keys; what a statement throws that takes longer than `patience`.
    func check(in session: Session, patience: Duration? = nil) throws {
        let keys = definition.keys.map { key -> SQLFragment in
            let expression: SQLFragment = "(\(ServerText(catalog: key.text)))"
            // Two texts are the same when the index's own collation says so.
            return key.collation.map { "(\(expression) COLLATE \(ServerText(catalog: $0)))" } ?? expression
        }
        var conditions: [SQLFragment] = definition.predicate.map { ["(\(ServerText(catalog: $0)))"] } ?? []
        // NULLs are distinct from each other unless the index says otherwise.
        if !definition.nullsNotDistinct { conditions += keys.map { "\($0) IS NOT NULL" } }
        let filter: SQLFragment = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        let list = keys.joined(separator: ", ")
        let query: Query = """
            SELECT left(ROW(\(list))::text, 200) AS key, count(*) AS times FROM \(try table.source()) \(filter)
            GROUP BY \(list) HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT 5
            """
        let found = try session.withCatalogPath { session in
            try session.rows(query, timeout: patience).map { row -> String in
                "\(try row.value("key", as: String.self)) \(try row.value("times", as: Int.self)) times"
            }
        }
        guard !found.isEmpty else { return }
        throw Self.failure(table, definition, detail: "\(names): \(found.joined(separator: ", "))")
    }

    private var names: String { definition.keys.map(\.text).joined(separator: ", ") }

    static func failure(_ table: IndexedTable, _ definition: IndexDefinition, detail: String?) -> Failure {
        let keys = definition.keys.map(\.text)
        let list = keys.joined(separator: ", ")
        let conditions =
            (definition.predicate.map { [$0] } ?? [])
            + (definition.nullsNotDistinct ? [] : keys.map { "\($0) IS NOT NULL" })
        let filter = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
        return Failure(
            .indexDuplicates, "\(table.label) has rows with the same key: a unique index cannot be built",
            detail: detail,
            hint:
                "find them all with SELECT \(list), count(*) FROM \(table.label)\(filter) GROUP BY \(list) HAVING count(*) > 1; mend them, and run the same command again"
        )
    }
}
