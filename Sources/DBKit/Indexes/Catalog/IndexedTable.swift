import Operations
import Postgres

/// The table that an index is on.
struct IndexedTable: Sendable, Hashable {
    enum Kind: String, Sendable {
        case table = "r"
        case partitioned = "p"
        case materializedView = "m"
        /// Where a table's large values lie. Only what REINDEX has left there is ever ours to drop.
        case toast = "t"
    }

    var oid: Int64
    var schema: String
    var name: String
    var kind: Kind
    /// Of the partitioned table that it is part of; itself when it is part of none.
    var root: Int64
    var columns: [String]
    /// That of ``root``.
    var rootLabel: String
    var mayCreate = true

    var label: String { typedName(schema, name) }
    /// Two builds in one partitioned table would meet in its locks.
    var jobName: String { "index on \(rootLabel)" }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }

    /// Its rows, as they are read: those of a table that inherits from it are in no index of it.
    func source() throws(PostgresError) -> SQLFragment { kind == .partitioned ? try sql() : "ONLY \(try sql())" }

    /// For building and dropping.
    ///
    /// - Throws: `index.table_not_found`, `index.not_a_table`, `index.not_owner`.
    static func read(_ written: String, in session: Session) throws -> IndexedTable {
        let row = try row(written, in: session)
        let table = try IndexedTable(row)
        guard try row.value("is_own") else {
            throw Failure(
                .indexNotOwner, "only its owner may build or drop an index of \(table.label)",
                hint: "run it as the role \(try row.value("owner", as: String.self))")
        }
        return table
    }

    /// For looking.
    ///
    /// - Throws: `index.table_not_found`, `index.not_a_table`.
    static func find(_ written: String, in session: Session) throws -> IndexedTable {
        try IndexedTable(row(written, in: session))
    }

    private static func row(_ written: String, in session: Session) throws -> Row {
        let name = TypedRelation(written)
        guard let oid = try name.find(in: session),
            let row = try session.rows(Query(embedded: PackageResources.index_table_sql, binds: [oid])).first
        else {
            throw Failure(
                .indexTableNotFound, "there is no table \(written) in this database", hint: name.hint(in: session))
        }
        return row
    }
}

extension IndexedTable {
    fileprivate init(_ row: Row) throws {
        let (schema, name): (String, String) = (try row.value("schema"), try row.value("name"))
        guard let kind = Kind(rawValue: try row.value("kind")) else {
            throw Failure(
                .indexNotATable,
                "\(schema).\(name) is no table, partitioned table or materialized view: nothing can be indexed in it",
                hint: "name the table behind it")
        }
        try self.init(
            oid: row.value("oid"), schema: schema, name: name, kind: kind, root: row.value("root"),
            columns: row.value("columns"), rootLabel: row.value("root_label"), mayCreate: row.value("may_create"))
    }
}

extension IndexedTable {
    /// As an index that is there knows it.
    init?(of index: TableIndex) {
        guard let kind = Kind(rawValue: index.tableKind) else { return nil }
        self.init(
            oid: index.tableOID, schema: index.tableSchema, name: index.tableName, kind: kind, root: index.tableOID,
            columns: [], rootLabel: index.tableLabel)
    }
}
