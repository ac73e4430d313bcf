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
        let columns = try await connection.run { [table, fallback] session in
            try DrainColumns.read(table, fallback, in: session)
        }
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
            request: request, connection: connection, table: table, check: birth.check, child: child)
        let moved = try await DrainSwap(
            request: request, connection: connection, queue: queue, columns: columns, child: child,
            attachment: attachment
        ).run()
        // Plans would be made without any idea of what has come.
        try await connection.run { session in _ = try session.execute("ANALYZE \(child)") }
        return moved
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
