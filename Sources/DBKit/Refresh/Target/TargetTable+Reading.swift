import Operations
import Postgres

extension TargetTable {
    /// Finds the table by the name that was written, and reads what a refresh must know of it.
    ///
    /// - Throws: `refresh.table_not_found`, `refresh.not_a_table`, `refresh.row_security`, or what is not granted.
    static func read(
        _ written: String, writing: Bool = true, in session: Session
    ) throws -> TargetTable {
        let typed = TypedRelation(written)
        guard let found = try typed.find(in: session),
            let row = try session.rows(Query(embedded: PackageResources.target_find_sql, binds: [found])).first
        else {
            throw Failure(
                .refreshTableNotFound, "there is no table \(written) in this database", hint: typed.hint(in: session))
        }
        let name = "\(try row.value("schema", as: String.self)).\(try row.value("name", as: String.self))"
        if writing { try check(row, name, in: session) }
        let oid: Int64 = try row.value("oid")
        let columns = try session.rows(Query(embedded: PackageResources.target_columns_sql, binds: [oid]))
        let constraints = try session.rows(Query(embedded: PackageResources.target_constraints_sql, binds: [oid]))
        return try TargetTable(
            oid: oid, schema: row.value("schema"), name: row.value("name"),
            partitionKey: row.value("kind", as: String.self) == "p" ? partitionKey(oid, in: session) : nil,
            hasRowTriggers: row.value("has_row_triggers"),
            fillfactor: row.value("fillfactor"), columns: columns.map(TargetColumn.init),
            comparisons: Dictionary(
                uniqueKeysWithValues: columns.map { try ($0.value("name"), Comparison($0)) }),
            indexes: session.rows(Query(embedded: PackageResources.target_indexes_sql, binds: [oid]))
                .map(TargetIndex.init),
            foreignKeys: constraints.filter { try $0.value("kind", as: String.self) == "f" }
                .map(TargetForeignKey.init),
            checks: constraints.filter { try $0.value("kind", as: String.self) == "c" }.map(TargetCheck.init))
    }

    private static func partitionKey(_ oid: Int64, in session: Session) throws -> PartitionKey {
        let row = try session.row(Query(embedded: PackageResources.target_partition_key_sql, binds: [oid]))
        return try PartitionKey(columns: row.value("columns"), hasExpressions: row.value("has_expressions"))
    }

    /// The table itself, or its partitions.
    func tablesWithRows(in session: Session) throws -> [(schema: String, name: String)] {
        guard isPartitioned else { return [(schema, name)] }
        return try session.rows(Query(embedded: PackageResources.target_leaves_sql, binds: [oid])).map { row in
            (schema: try row.value("schema"), name: try row.value("name"))
        }
    }

    /// Refuses what only looks like a table, and what the role may not do.
    private static func check(_ row: Row, _ name: String, in session: Session) throws {
        let kind: String = try row.value("kind")
        guard try !row.value("has_children") else {
            throw Failure(
                .refreshNotATable, "other tables inherit from \(name), and its unique index does not know their rows",
                hint: "name the table that holds the rows, or make it a partitioned one")
        }
        let hasRules: Bool = try row.value("has_rules")
        if !["r", "p"].contains(kind) || hasRules {
            let what = ["v": "a view", "m": "a materialized view", "f": "a foreign table"][kind] ?? "no table"
            throw Failure(
                .refreshNotATable,
                ["r", "p"].contains(kind)
                    ? "\(name) has rules (CREATE RULE), which turn what is written into something else"
                    : "\(name) is \(what): rows can be refreshed in tables only",
                hint: "name the table behind it")
        }
        guard try !row.value("has_row_security") else {
            throw Failure(
                .refreshRowSecurity,
                "row-level security hides rows of \(name) from this role: what is hidden would be taken for missing",
                hint: "run it as the table's owner (without FORCE), or as a role with BYPASSRLS")
        }
        let missing = try [("SELECT", "may_select"), ("INSERT", "may_insert"), ("UPDATE", "may_update")]
            .filter { try !row.value($0.1, as: Bool.self) }.map(\.0)
        guard missing.isEmpty else {
            let table = try identifier(row.value("schema", as: String.self), row.value("name", as: String.self))
            throw Failure(
                .refreshNotWritable, "the role may not \(missing.joined(separator: ", ")) in \(name)",
                hint:
                    "as its owner: GRANT \(missing.joined(separator: ", ")) ON \(table.typed) TO \(try RunsTable.role(in: session))"
            )
        }
    }
}

extension TargetTable.Comparison {
    fileprivate init(_ row: Row) throws {
        self = try !row.value("has_equality") || row.value("is_text") ? .text : .equality
    }
}

extension TargetColumn {
    fileprivate init(_ row: Row) throws {
        try self.init(
            name: row.value("name"),
            type: ColumnType(base: row.value("base_type"), modifier: row.value("modifier")),
            typeName: row.value("type_name"), isNullable: row.value("is_nullable"),
            hasDefault: row.value("has_default"), isGenerated: row.value("is_generated"),
            isAlwaysIdentity: row.value("is_always_identity"), isExactText: row.value("is_exact_text"),
            looseCollation: row.value("loose_collation", as: String?.self))
    }
}

extension ColumnType {
    /// - Parameters:
    ///   - base: OID of a built-in type, as in `pg_type.dat`.
    ///   - modifier: `atttypmod`; -1 is none.
    init(base: Int64, modifier: Int) {
        switch base {
        case 16: self = .boolean
        case 20: self = .bigint
        case 21: self = .smallint
        case 23: self = .integer
        case 25: self = .text(maximum: nil)
        // Both are kept as their length and four.
        case 1042, 1043: self = .text(maximum: modifier >= 4 ? modifier - 4 : nil)
        case 700: self = .real
        case 701: self = .double
        case 1082: self = .date
        case 1114: self = .timestamp
        case 1184: self = .timestamptz
        case 1700:
            guard modifier >= 4 else {
                self = .numeric(precision: nil, scale: nil)
                return
            }
            let scale = (modifier - 4) & 0x7FF
            // Since version 15 it may be negative: eleven bits, the highest of them the sign.
            self = .numeric(precision: (modifier - 4) >> 16 & 0xFFFF, scale: (scale ^ 0x400) - 0x400)
        // time and timetz; arrays of these and of dates and timestamps; ranges and multiranges of the latter.
        case 1083, 1266, 1182, 1115, 1185, 1183, 1270, 3908, 3910, 3912, 4533, 4534, 4535: self = .moments
        default: self = .other
        }
    }
}

extension TargetIndex {
    fileprivate init(_ row: Row) throws {
        try self.init(
            name: row.value("name"), isUnique: row.value("is_unique"), isPrimary: row.value("is_primary"),
            isValid: row.value("is_valid"), isImmediate: row.value("is_immediate"),
            isPartial: row.value("is_partial"), hasExpressions: row.value("has_expressions"),
            nullsNotDistinct: row.value("nulls_not_distinct"), keyColumns: row.value("key_columns"),
            collations: row.value("collations"), otherwiseCollated: row.value("otherwise_collated"),
            watchedColumns: Set(row.value("watched_columns", as: [String].self)))
    }
}

extension TargetForeignKey {
    fileprivate init(_ row: Row) throws {
        try self.init(
            columns: row.value("columns"), referencedSchema: row.value("referenced_schema"),
            referencedTable: row.value("referenced_table"), referencedColumns: row.value("referenced_columns"))
    }
}

extension TargetCheck {
    fileprivate init(_ row: Row) throws {
        try self.init(
            name: row.value("name"), definition: row.value("definition"), columns: row.value("columns"))
    }
}
