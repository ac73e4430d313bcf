import Operations
import Postgres

/// An index of a table that somebody has locked against everybody: what the catalog alone knows of it.
struct UnseenIndex: Sendable, Hashable {
    var table: Int64
    var schema: String
    var tableName: String
    var name: String
    /// It surely needs a remedy; of another one nobody knows.
    var isUnusable: Bool

    static func read(tables: [Int64], in session: Session) throws -> [UnseenIndex] {
        guard !tables.isEmpty else { return [] }
        return try session.rows(Query(embedded: PackageResources.index_unseen_sql, binds: [tables])).map { row in
            try UnseenIndex(
                table: row.value("table_oid"), schema: row.value("schema"), tableName: row.value("table_name"),
                name: row.value("name"), isUnusable: row.value("is_unusable"))
        }
    }

    static func byTable(_ unseen: [UnseenIndex]) -> [(table: Int64, indexes: [UnseenIndex])] {
        Dictionary(grouping: unseen, by: \.table).map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    func change(_ state: IndexChange.State, _ note: String) -> IndexChange {
        var change = IndexChange(schema: schema, table: tableName, name: name, state: state)
        change.note = note
        return change
    }
}
