import Operations
import Postgres

/// Reads partitioned tables with their partitions: all of them in three queries and one snapshot, however many there are.
enum PartitionCatalog {
    /// - Parameter names: As written, with a schema or without.
    /// - Returns: One a name: the table, or why it cannot be worked with (`partition.table_not_found`,
    ///   `partition.not_partitioned`, `partition.key`).
    static func read(
        _ names: [String], searchPath: String?, in session: Session
    ) throws -> [Result<PartitionedTable, Failure>] {
        try read(names.map { TypedRelation($0) }, searchPath: searchPath, in: session)
    }

    private static func read(
        _ names: [TypedRelation], searchPath: String?, in session: Session
    ) throws -> [Result<PartitionedTable, Failure>] {
        try session.transaction(.snapshot) { session in
            try setPath(searchPath, in: session)
            let found = try tables(names, in: session)
            return try withPartitions(found, in: session)
        }
    }

    static func read(_ name: String, searchPath: String?, in session: Session) throws -> PartitionedTable {
        let found = try read([name], searchPath: searchPath, in: session)
        return try found[0].get()
    }

    /// Again, by its full name: what it is now.
    static func reread(_ table: PartitionedTable, in session: Session) throws -> PartitionedTable {
        let name = TypedRelation(schema: table.schema, name: table.name)
        return try read([name], searchPath: "pg_catalog, pg_temp", in: session)[0].get()
    }

    /// Names are looked up as the login would; everything else names its schema.
    private static func setPath(_ path: String?, in session: Session) throws {
        if let path {
            _ = try session.row("SELECT pg_catalog.set_config('search_path', \(path), true) AS path")
        } else {
            try session.execute("SET LOCAL search_path TO DEFAULT")
        }
    }

    private static func tables(
        _ names: [TypedRelation], in session: Session
    ) throws -> [Result<PartitionedTable, Failure>] {
        let oids = try TypedRelation.find(names, in: session).map { $0 ?? 0 }
        let rows = try session.rows(Query(embedded: PackageResources.partition_tables_sql, binds: [oids]))
        return try zip(names, rows).map { name, row in try table(row) ?? .failure(notFound(name, in: session)) }
    }

    /// Nil where there is none.
    private static func table(_ row: Row) throws -> Result<PartitionedTable, Failure>? {
        guard let oid: Int64 = try row.value("oid") else { return nil }
        let (schema, bare): (String, String) = (try row.value("schema"), try row.value("name"))
        let label = "\(schema).\(bare)"
        guard try row.value("may_look") else {
            return .failure(ReadableTable.hidden(label, in: schema, from: try row.value("role")))
        }
        guard let definition: String = try row.value("key_definition") else {
            return .failure(
                Failure(
                    .partitionNotPartitioned, "\(label) is not partitioned", detail: "Nothing was changed.",
                    hint:
                        "dbctl partition convert \(ShellWord.quoted(try identifier(schema, bare).typed)) makes it one while it is in use; or take it out of partitions: of dbctl.yaml"
                ))
        }
        let typeName: String? = try row.value("key_type")
        guard try row.value("strategy") == "r", try row.value("key_count") == 1,
            let column: String = try row.value("key_column"), let typeName
        else {
            return .failure(
                Failure(
                    .partitionKey,
                    "\(label) is partitioned by \(definition): dbctl cuts ranges of one column, and of no expression",
                    detail: "Nothing was changed.",
                    hint: "leave it out of partitions: and create its partitions by hand")
            )
        }
        guard let type = PartitionKeyType(typeName: typeName) else {
            return .failure(
                Failure(
                    .partitionKey,
                    "\(label) is partitioned by \(column), of type \(typeName), and dbctl cuts no ranges of it",
                    detail: "Nothing was changed.",
                    hint:
                        "date, timestamp, timestamptz, uuid (v7), smallint, integer, bigint and text (ULID) can be cut")
            )
        }
        return .success(
            PartitionedTable(
                oid: oid, schema: try row.value("schema"), name: try row.value("name"), owner: try row.value("owner"),
                isOwn: try row.value("is_own"), mayCreate: try row.value("may_create"),
                key: PartitionedTable.Key(
                    column: column, typeName: typeName, type: type, isNotNull: try row.value("is_not_null"),
                    collation: try row.value("collation"), collationOID: try row.value("collation_oid"),
                    sequence: try row.value("sequence")),
                keyDefinition: definition, partitions: [], referenced: try row.value("referenced"),
                referencedOIDs: try row.value("referenced_oids")))
    }

    static func notFound(_ name: TypedRelation, in session: Session) -> Failure {
        Failure(
            .partitionTableNotFound, "there is no table \(name.written) in this database",
            detail: "Nothing was changed.", hint: name.hint(in: session))
    }

    private static func withPartitions(
        _ tables: [Result<PartitionedTable, Failure>], in session: Session
    ) throws -> [Result<PartitionedTable, Failure>] {
        let found = tables.compactMap { try? $0.get() }
        guard !found.isEmpty else { return tables }
        let keys = Dictionary(found.map { ($0.oid, $0.key.type) }, uniquingKeysWith: { first, _ in first })
        let query = Query(embedded: PackageResources.partition_children_sql, binds: [Array(keys.keys)])
        var children: [Int64: [Partition]] = [:]
        for row in try session.rows(query) {
            let parent: Int64 = try row.value("parent")
            children[parent, default: []].append(try Partition(row, key: keys[parent]))
        }
        return tables.map { result in
            result.map { table in
                var table = table
                table.partitions = (children[table.oid] ?? []).sorted(by: Partition.comesBefore)
                return table
            }
        }
    }
}

extension Partition {
    static func comesBefore(_ left: Partition, _ right: Partition) -> Bool {
        switch (left.bounds.range, right.bounds.range) {
        case (let first?, let second?): (first.lower, first.upper) < (second.lower, second.upper)
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.name < right.name
        }
    }
}
