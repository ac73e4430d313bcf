import Operations
import Postgres

/// Moves the rows of one range out of the default partition into their own, while everybody reads and writes: they are
/// copied as they are at one moment, what changes meanwhile is noted and done after them, and one transaction swaps.
///
/// Until that transaction the default partition has every row, so that whatever is interrupted is simply begun again.
struct DefaultDrain: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let birth: PartitionBirth
    let fallback: Partition

    private var table: PartitionedTable { birth.table }

    /// Rounds of catching up before the swap: each is shorter than the one before, unless writers are faster.
    private static let rounds = 20
    /// So few changes are done within the swap.
    private static let few = 200

    /// - Returns: How many rows moved.
    /// - Throws: `partition.drain_refused`, `partition.drain_differs`, `partition.locked`
    func run() async throws -> Int64 {
        let columns = try await obstacles()
        let oid = try await birth.create()
        try await addForeignKeys(oid)
        let child = try birth.sql()
        let queue = DrainQueue(table: table, fallback: fallback, check: birth.check, child: oid)
        try await queue.create(request, connection)
        try await DrainCopy(request: request, queue: queue, columns: columns, child: child).run()
        let replay = DrainReplay(queue: queue, columns: columns, child: child)
        for _ in 0..<Self.rounds {
            let changes = try await connection.run { session in
                try session.transaction { try replay.run(in: $0).changes }
            }
            if changes <= Self.few { break }
        }
        let attachment = PartitionAttachment(
            request: request, connection: connection, table: table, check: birth.check, child: child, childOID: oid)
        let moved = try await DrainSwap(
            request: request, connection: connection, queue: queue, columns: columns, child: child,
            attachment: attachment
        ).run()
        // Plans would be made without any idea of what has come.
        try await connection.run { session in _ = try session.execute("ANALYZE \(child)") }
        return moved
    }

    /// What would notice that rows move, or could not follow.
    private func obstacles() async throws -> DrainColumns {
        let (table, fallback) = (table, fallback)
        let row = try await connection.run { session in
            let query = Query(embedded: PackageResources.drain_obstacles_sql, binds: [table.oid, fallback.oid])
            let row = try session.row(query)
            return Facts(
                referring: try row.value("referring"), publications: try row.value("publications"),
                columns: try row.value("columns"), key: try row.value("key"))
        }
        func refuse(_ why: String, _ hint: String) -> Failure {
            Failure(
                .partitionDrainRefused, "the rows of \(fallback.label) cannot be moved unnoticed: \(why)",
                detail: "Nothing was changed.", hint: hint)
        }
        guard fallback.kind == .table else {
            throw refuse(
                "it has partitions of its own, or lies on another server",
                "move them by hand: detach it, create the partition, and insert its rows into \(table.typed)")
        }
        guard row.referring.isEmpty else {
            throw refuse(
                "foreign keys of \(row.referring.joined(separator: ", ")) refer to them",
                "drop those foreign keys for as long as it takes, or move the rows by hand in a quiet moment")
        }
        guard row.publications.isEmpty else {
            throw refuse(
                "they are published (\(row.publications.joined(separator: ", "))): a subscriber would see them go and never come",
                "take \(table.typed) out of the publication, drain, and copy the table anew on the subscriber")
        }
        return DrainColumns(
            columns: try row.columns.map { try identifier($0) }, key: try row.key.map { try identifier($0) })
    }

    private struct Facts: Sendable {
        var referring: [String]
        var publications: [String]
        var columns: [String]
        var key: [String]
    }

    /// While it is empty: ATTACH takes over what it finds, and need not look at the rows under its locks.
    private func addForeignKeys(_ oid: Int64) async throws {
        let statements = try await connection.run { [table] session -> [Query] in
            let traits = try RelationTraits.read([oid, table.oid], in: session)
            guard let own = traits[oid], let parent = traits[table.oid] else { return [] }
            return try Inheritance(of: own, from: parent, [.foreignKey]).differences().flatMap(\.statements)
        }
        for statement in statements {
            try await BoundedLock(request: request, connection: connection, tables: [table.oid], label: table.label)
                .run(statement.text) { session in _ = try session.execute(statement) }
        }
    }
}
