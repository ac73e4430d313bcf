import Foundation
import Postgres

/// What an audit looks at.
struct AuditFacts: Sendable {
    struct Table: Sendable {
        var oid: Int64
        var schema: String
        var name: String
        var isPartition = false
        var hasPrimaryKey = true
        var sizeBytes: Int64 = 0
        var updates: Int64 = 0
        var hotUpdates: Int64 = 0
        /// Columns that are NOT NULL.
        var required: [String] = []

        var label: String { "\(schema).\(name)" }
    }

    struct ForeignKey: Sendable {
        var tableOID: Int64
        var table: String
        var name: String
        var referenced: String
        /// Quoted where they have to be, as in ``IndexDefinition/Key/text``.
        var columns: [String]
        var sizeBytes: Int64
    }

    struct NumberedColumn: Sendable {
        var table: String
        var column: String
        var type: String
        var last: Int64
        var maximum: Int64
        var sizeBytes: Int64
    }

    var indexes: [TableIndex] = []
    /// Tables on which somebody is building.
    var building: Set<Int64> = []
    /// By index.
    var bloat: [Int64: IndexBloat] = [:]
    var tables: [Table] = []
    var foreignKeys: [ForeignKey] = []
    var numbered: [NumberedColumn] = []
    var countedSince = Date()
    var hasStandbys = false

    init() {}

    init(in session: Session) throws {
        indexes = try TableIndex.all(in: session)
        for index in indexes where index.isLeftover && !building.contains(index.tableOID) {
            if try LiveBuild.find(on: index.tableOID, in: session) != nil { building.insert(index.tableOID) }
        }
        for index in indexes {
            if let found = try IndexBloat.read(index, in: session) { bloat[index.oid] = found }
        }
        tables = try session.rows(Query(embedded: PackageResources.audit_tables_sql)).map { row in
            try Table(
                oid: row.value("oid"), schema: row.value("schema"), name: row.value("name"),
                isPartition: row.value("is_partition"), hasPrimaryKey: row.value("has_primary_key"),
                sizeBytes: row.value("size_bytes"), updates: row.value("updates"),
                hotUpdates: row.value("hot_updates"), required: row.value("required"))
        }
        foreignKeys = try session.rows(Query(embedded: PackageResources.audit_foreign_keys_sql)).map { row in
            try ForeignKey(
                tableOID: row.value("table_oid"),
                table: "\(row.value("schema", as: String.self)).\(row.value("table_name", as: String.self))",
                name: row.value("name"), referenced: row.value("referenced"), columns: row.value("columns"),
                sizeBytes: row.value("size_bytes"))
        }
        numbered = try session.rows(Query(embedded: PackageResources.audit_narrow_keys_sql)).map { row in
            try NumberedColumn(
                table: "\(row.value("schema", as: String.self)).\(row.value("table_name", as: String.self))",
                column: row.value("column_name"), type: row.value("type"), last: row.value("last_value"),
                maximum: row.value("maximum"), sizeBytes: row.value("size_bytes"))
        }
        let statistics = try session.row(Query(embedded: PackageResources.audit_statistics_sql))
        countedSince = try statistics.value("since")
        hasStandbys = try statistics.value("has_standbys")
    }
}
