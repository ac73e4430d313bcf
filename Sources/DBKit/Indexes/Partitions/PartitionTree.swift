import Operations
import Postgres

/// A partitioned table with all that is below it, and the indexes on each, as they are at one moment.
struct PartitionTree: Sendable {
    struct Node: Sendable, Hashable {
        var table: IndexedTable
        /// Nil for the one that the index was asked for.
        var parent: Int64?
        var level: Int

        var isLeaf: Bool { table.kind != .partitioned }
    }

    /// From the top down.
    var nodes: [Node]
    /// By table.
    var indexes: [Int64: [TableIndex]]
    /// By schema.
    var taken: [String: Set<String>]

    /// - Throws: `index.foreign_partition`: nothing can be built on another server.
    static func read(_ root: IndexedTable, in session: Session) throws -> PartitionTree {
        // One snapshot: a partition that comes in between is met in the next round.
        try session.transaction(.snapshot) { session in
            let rows = try session.rows(Query(embedded: PackageResources.index_partitions_sql, binds: [root.oid]))
            let nodes = try rows.map { row -> Node in
                let schema: String = try row.value("schema")
                let name: String = try row.value("name")
                guard let kind = IndexedTable.Kind(rawValue: try row.value("kind")) else {
                    throw Failure(
                        .indexForeignPartition,
                        "\(root.label) has a foreign partition, \(schema).\(name): an index of all of it cannot exist",
                        detail: "Nothing was changed.",
                        hint:
                            "create an index on each partition that is a table; dbctl index create \(schema).… does one"
                    )
                }
                let level: Int = try row.value("level")
                return Node(
                    table: IndexedTable(
                        oid: try row.value("oid"), schema: schema, name: name, kind: kind, root: root.root,
                        columns: try row.value("columns")),
                    parent: level == 0 ? nil : try row.value("parent"), level: level)
            }
            let indexes = try TableIndex.read(tables: nodes.map(\.table.oid), in: session)
            var taken: [String: Set<String>] = [:]
            for schema in Set(nodes.map(\.table.schema)) { taken[schema] = try IndexSurvey.names(in: schema, session) }
            return PartitionTree(nodes: nodes, indexes: Dictionary(grouping: indexes, by: \.tableOID), taken: taken)
        }
    }
}
