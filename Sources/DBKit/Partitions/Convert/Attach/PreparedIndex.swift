import Operations
import Postgres

/// An index that is built on the table while it is in use, for the moment in which it becomes a partition.
struct PreparedIndex: Sendable, Hashable {
    enum Purpose: String, Sendable {
        /// The unique key with the partition key behind it, as the partitioned table has it.
        case extended = "x"
        /// The primary key as it was, whose index goes with the constraint: for an undo, and so that it stays unique within
        /// the partition.
        case kept = "k"
    }

    var original: ConvertedTable.Index
    var purpose: Purpose
    var body: String
    let table: Int64

    /// Known by both oids: nobody gives an index such a name by chance, and it is found again by the next run.
    var name: String { "dbctl_\(table)_\(original.oid)_\(purpose.rawValue)" }

    static func isOurs(_ name: String, _ table: Int64) -> Bool { name.hasPrefix("dbctl_\(table)_") }

    /// All that a plan needs.
    static func all(_ plan: ConvertPlan) -> [PreparedIndex] {
        plan.indexes.filter(\.isExtended).flatMap { index -> [PreparedIndex] in
            let extended = PreparedIndex(
                original: index.original, purpose: .extended, body: index.body, table: plan.table.oid)
            guard index.original.isPrimary else { return [extended] }
            return [
                extended,
                PreparedIndex(
                    original: index.original, purpose: .kept, body: index.original.body, table: plan.table.oid),
            ]
        }
    }
}

/// Builds an index CONCURRENTLY, and shows whom it waits for.
///
/// Without a lock timeout: its waits stall nobody, and a timeout would leave an INVALID index. A second connection looks on,
/// and ends it when it has waited too long for others' transactions.
struct ConcurrentIndex: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let table: ConvertedTable
    let index: PreparedIndex
    let maximumWait: Duration

    private struct WaitedTooLong: Error, Sendable {}

    /// - Throws: `partition.convert_busy`
    func build() async throws {
        if try await state() == true { return }
        try await drop()
        let name = try identifier(index.name)
        let create: Query =
            "CREATE UNIQUE INDEX CONCURRENTLY \(name) ON \(try table.sql()) \(ServerText(catalog: index.body))"
        request.onEvent(.running(create.text))
        var settings = request.settings
        settings.lockTimeout = .zero
        do {
            try await Connection.with(request.server, settings: settings) { builder in
                let pid = await builder.backendPID
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        try await builder.run { session in _ = try session.execute(create) }
                        return true
                    }
                    group.addTask {
                        try await watch(pid)
                        return false
                    }
                    while let isBuilt = try await group.next(), !isBuilt {}
                    group.cancelAll()
                }
            }
        } catch is WaitedTooLong {
            // That waits for the same transactions.
            try? await drop()
            let isLeft = try await state() != nil
            throw Failure(
                .partitionConvertBusy,
                "an index on \(table.label) waited longer than --max-wait for others' transactions",
                detail:
                    "\(isLeft ? "It is left INVALID, and the next run drops it." : "It was dropped again.") \(table.label) is in use as it was.",
                hint: "dbctl pool doctor shows old transactions; then run the same command again: it goes on")
        } catch {
            try? await drop()
            throw error
        }
    }

    /// True: it is there and valid; false: it is INVALID; nil: there is none.
    private func state() async throws -> Bool? {
        let name = try identifier(table.schema, index.name).sql
        return try await connection.run { session in
            try session.rows(
                "SELECT indisvalid AS is_valid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(\(name))"
            ).first?.value("is_valid")
        }
    }

    private func drop() async throws {
        let name = try identifier(table.schema, index.name)
        try await Task { [request] in
            var settings = request.settings
            settings.lockTimeout = .zero
            settings.statementTimeout = .seconds(30)
            try await Connection.with(request.server, settings: settings) { connection in
                try await connection.run { session in
                    _ = try session.execute("DROP INDEX CONCURRENTLY IF EXISTS \(name)")
                }
            }
        }.value
    }

    private func watch(_ pid: Int32) async throws {
        var since: ContinuousClock.Instant?
        while true {
            try await Task.sleep(for: .milliseconds(500))
            let phase: String? = try await connection.run { session in
                try session.rows("SELECT phase FROM pg_catalog.pg_stat_progress_create_index WHERE pid = \(pid)").first?
                    .value("phase")
            }
            guard phase?.hasPrefix("waiting") == true else {
                since = nil
                continue
            }
            let begun = since ?? .now
            if since == nil { request.onEvent(.note("\(table.label): \(phase ?? "")")) }
            since = begun
            if ContinuousClock.now - begun > maximumWait { throw WaitedTooLong() }
        }
    }
}
