import Foundation
import Operations
import Postgres

/// What an audit looks at.
struct AuditFacts: Sendable {
    struct Table: Sendable {
        var oid: Int64
        var schema: String
        var name: String
        var isPartition = false
        var isPartitioned = false
        /// CREATE TABLE OF: its columns are its type's.
        var isTyped = false
        var columns: [String] = []
        var hasPrimaryKey = true
        var sizeBytes: Int64 = 0
        var updates: Int64 = 0
        var hotUpdates: Int64 = 0
        /// Columns that are NOT NULL.
        var required: [String] = []
        /// What a primary key has to contain; nil where there can be none.
        var partitionKey: [String]? = []

        var label: String { typedName(schema, name) }
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
        /// What holds no more than that: the column, or only the sequence.
        var isSequenceNarrow = false
        var sequence: String?
        /// A table's own default, and no IDENTITY: the sequence keeps its type when the column gets another.
        var isSerial = false
        /// The key that it refers to, when that one is wider.
        var wider: String?
    }

    var indexes: [TableIndex] = []
    /// Tables on which somebody is building.
    var building: Set<Int64> = []
    /// By index.
    var bloat: [Int64: IndexBloat] = [:]
    var tables: [Table] = []
    var foreignKeys: [ForeignKey] = []
    var numbered: [NumberedColumn] = []
    var server = StandbyScans.Identity()
    var standbys = 0
    var copies: [StandbyScans] = []
    /// Tables whose indexes could not be looked at for bloat.
    var unreadable: Set<String> = []

    init() {}

    init(in session: Session) throws {
        indexes = try TableIndex.all(in: session)
        building = try Set(LiveIndexBuild.all(in: session).keys)
        for index in indexes {
            do {
                if let found = try IndexBloat.read(index, in: session) { bloat[index.oid] = found }
            } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
                unreadable.insert(index.tableLabel)
            } catch { throw error }
        }
        tables = try session.rows(Query(embedded: PackageResources.audit_tables_sql)).map { row in
            try Table(
                oid: row.value("oid"), schema: row.value("schema"), name: row.value("name"),
                isPartition: row.value("is_partition"), isPartitioned: row.value("kind", as: String.self) == "p",
                isTyped: row.value("is_typed"), columns: row.value("columns"),
                hasPrimaryKey: row.value("has_primary_key"),
                sizeBytes: row.value("size_bytes"), updates: row.value("updates"),
                hotUpdates: row.value("hot_updates"), required: row.value("required"),
                partitionKey: row.value("partition_key", as: [String]?.self))
        }
        foreignKeys = try session.rows(Query(embedded: PackageResources.audit_foreign_keys_sql)).map { row in
            try ForeignKey(
                tableOID: row.value("table_oid"),
                table: typedName(row.value("schema"), row.value("table_name")), name: row.value("name"),
                referenced: row.value("referenced"), columns: row.value("columns"),
                sizeBytes: row.value("size_bytes"))
        }
        numbered = try NumberedColumn.read(in: session)
        server = try StandbyScans.Identity(in: session)
        standbys = try session.row(Query(embedded: PackageResources.audit_statistics_sql)).value("standbys")
    }
}

extension AuditFacts.NumberedColumn {
    static func read(in session: Session) throws -> [Self] {
        try session.rows(Query(embedded: PackageResources.audit_narrow_keys_sql)).map { row in
            let (schema, name): (String, String) = (try row.value("schema"), try row.value("table_name"))
            var column = try Self(
                table: typedName(schema, name), column: row.value("column_name"), type: row.value("type"),
                last: row.value("last_value"), maximum: row.value("maximum"), sizeBytes: row.value("size_bytes"),
                isSequenceNarrow: row.value("is_sequence_narrow"), sequence: row.value("sequence"),
                isSerial: row.value("is_serial"), wider: row.value("wider"))
            // No sequence counts it.
            if column.sequence == nil, column.wider == nil, try row.value("is_readable") {
                let label: SQLFragment = "\(try identifier(schema, name))"
                column.last = try largest(row.value("table_oid"), column.column, label, in: session)
            }
            return column
        }
    }

    /// By the statistics; before the first ANALYZE, of a part of the table.
    private static func largest(
        _ table: Int64, _ name: String, _ label: SQLFragment, in session: Session
    ) throws -> Int64 {
        let known = Query(embedded: PackageResources.audit_largest_key_sql, binds: [table, name])
        if let last: Int64 = try session.row(known).value("last") { return last }
        let (key, part) = (try identifier(name), try TablePart(of: table, in: session))
        let found = try session.row(
            "SELECT greatest(max(\(key)), -(min(\(key)) + 1))::bigint AS last FROM \(label) \(part.clause)")
        return try found.value("last", as: Int64?.self) ?? 0
    }
}
