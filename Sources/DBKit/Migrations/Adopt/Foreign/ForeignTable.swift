import Foundation
import Postgres

/// A table of the database that has the name of some tool's history.
struct ForeignTable: Sendable, Hashable {
    var schema: String
    var name: String
    var columns: Set<String>
    /// Its schema is on the `search_path`.
    var isOnPath = false

    var label: String { "\(schema).\(name)" }

    func has(_ wanted: String...) -> Bool { columns.isSuperset(of: wanted) }
}

extension ForeignTable {
    /// All tables of these names, those on the `search_path` first.
    static func named(_ names: [String], in session: Session) throws -> [ForeignTable] {
        try session.rows(Query(embedded: PackageResources.adopt_tables_sql, binds: [names])).map { row in
            let columns: [String] = try row.value("columns")
            return ForeignTable(
                schema: try row.value("schema"), name: try row.value("name"), columns: Set(columns),
                isOnPath: try row.value("is_on_path"))
        }
    }

    /// In no order.
    func rows(in session: Session) throws -> [ForeignRow] {
        let query: Query = """
            SELECT (SELECT jsonb_object_agg(v.key, v.value) FROM jsonb_each_text(to_jsonb(t)) AS v)::text AS document \
            FROM \(try identifier(schema, name)) AS t
            """
        return try session.rows(query).map { row in
            let document: String = try row.value("document")
            return ForeignRow(
                try JSONDecoder().decode([String: String?].self, from: Data(document.utf8)).compactMapValues { $0 },
                of: label)
        }
    }
}
