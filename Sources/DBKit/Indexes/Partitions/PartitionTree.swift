import Operations
import Postgres

/// A partitioned table with all that is below it, and the indexes on each, as they are at one moment.
struct PartitionTree: Sendable {
    struct Node: Sendable, Hashable {
        var table: IndexedTable
        /// Nil for the one that the index was asked for.
        var parent: Int64?
        /// Somebody else's, whose role has to do it.
        var owner: String?
        /// What a unique index on it has to contain; empty for one that is not partitioned.
        var partitionKey: [String]
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
                        "\(root.label) has a foreign partition, \(typedName(schema, name)): an index of all of it cannot exist",
                        detail: "Nothing was changed.",
                        hint:
                            "create an index on each partition that is a table; dbctl index create \(schema).… does one"
                    )
                }
                let level: Int = try row.value("level")
                return Node(
                    table: IndexedTable(
                        oid: try row.value("oid"), schema: schema, name: name, kind: kind, root: root.root,
                        columns: try row.value("columns"), rootLabel: root.rootLabel,
                        mayCreate: try row.value("may_create")),
                    parent: level == 0 ? nil : try row.value("parent"),
                    owner: try row.value("is_own") ? nil : try row.value("owner", as: String.self),
                    partitionKey: try row.value("partition_key"), level: level)
            }
            let indexes = try TableIndex.read(tables: nodes.map(\.table.oid), in: session)
            var taken: [String: Set<String>] = [:]
            for schema in Set(nodes.map(\.table.schema)) { taken[schema] = try IndexSurvey.names(in: schema, session) }
            return PartitionTree(nodes: nodes, indexes: Dictionary(grouping: indexes, by: \.tableOID), taken: taken)
        }
    }
}

extension PartitionTree {
    /// Before a part of it is built: what would end the build later, with the rest left to do.
    ///
    /// - Throws: `index.not_owner`, `index.definition`.
    func refuse(_ definition: IndexDefinition) throws(Failure) {
        for node in nodes {
            if let owner = node.owner {
                throw Failure(
                    .indexNotOwner,
                    "the partition \(node.table.label) belongs to another role, \(owner): only that one may index it",
                    detail: "Nothing was changed.",
                    hint: "run it as that role, or give the partition to the owner of the whole")
            }
            guard node.table.mayCreate else {
                throw Failure(
                    .indexNotOwner,
                    "this role may create nothing in schema \(node.table.schema), where the partition \(node.table.label) lies",
                    detail: "Nothing was changed.", hint: "GRANT CREATE ON SCHEMA \(node.table.schema) TO ROLE")
            }
            let keys = Set(definition.keys.map(\.text))
            guard definition.isUnique, let missing = node.partitionKey.first(where: { !keys.contains($0) }) else {
                continue
            }
            throw Failure(
                .indexDefinition,
                "\(node.table.label) is partitioned by \(missing): a unique index must contain that, because each partition knows only its own rows",
                detail: "Nothing was changed.", hint: "add \(missing) to the columns")
        }
    }
}
