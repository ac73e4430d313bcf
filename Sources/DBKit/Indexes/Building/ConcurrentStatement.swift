import Operations
import Postgres

/// A CONCURRENTLY statement on a connection of its own, watched from another one: its own waits stall nobody, so it has no
/// lock timeout, but it is ended once it has waited for others as long as it may.
struct ConcurrentStatement: Sendable {
    let request: IndexRequest
    let query: Query
    /// `prices_asset_id_idx`, for progress.
    let label: String

    /// It waited too long for others' transactions, and was cancelled.
    struct WaitedTooLong: Error {
        var phase: String
        var blockers: [String]
    }

    private static let pace = Duration.milliseconds(250)

    /// - Throws: ``WaitedTooLong``, or what the statement itself throws.
    func run() async throws {
        request.onEvent(.running(query.text))
        try await Connection.with(request.server, settings: request.concurrentSettings) { builder in
            let pid = await builder.backendPID
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await builder.run { session in _ = try session.execute(query) }
                    return true
                }
                group.addTask {
                    try await watch(pid)
                    return false
                }
                defer { group.cancelAll() }
                while let isStatement = try await group.next() {
                    if isStatement { return }
                }
            }
        }
    }

    private func watch(_ pid: Int32) async throws {
        // Before it is needed: a server that is busy takes its time to let somebody in.
        var connection = try? await Connection.open(request.server, settings: request.watcherSettings)
        var waitingSince: ContinuousClock.Instant?
        var told: [String] = []
        var last = Look(phase: "running", isWaiting: false, blockers: [])
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.pace) } catch { break }
            // Of a statement that nobody can look at, one must think that it waits.
            let look = try? await look(pid, through: &connection)
            last = look ?? last
            waitingSince = look?.isWaiting ?? true ? waitingSince ?? .now : nil
            if let waitingSince, ContinuousClock.now - waitingSince > request.maximumWait {
                await connection?.close()
                throw WaitedTooLong(phase: last.phase, blockers: last.blockers)
            }
            guard let look else { continue }
            if let progress = look.progress(label) { request.progress.report(progress) }
            if look.isWaiting, !look.blockers.isEmpty, told != look.pids {
                told = look.pids
                request.onEvent(.waiting(phase: look.phase, blockers: look.blockers))
            }
        }
        await connection?.close()
    }

    private struct Look: Sendable {
        var phase: String
        var isWaiting: Bool
        var blockers: [String]
        var done: Int64 = 0
        var total: Int64 = 0

        /// Their ages change with every look.
        var pids: [String] { [phase] + blockers.map { String($0.prefix { $0 != "," }) } }

        func progress(_ label: String) -> Progress? {
            guard total > 0 || isWaiting else { return nil }
            let waiting = isWaiting ? blockers.first.map { "waits for \($0)" } : nil
            return Progress(
                phase: phase, done: done, total: total > 0 ? total : nil, unit: .items, note: waiting ?? label)
        }
    }

    private func look(_ pid: Int32, through connection: inout Connection?) async throws -> Look? {
        let open: Connection
        if let connection, await connection.isUsable {
            open = connection
        } else {
            open = try await Connection.open(request.server, settings: request.watcherSettings)
            connection = open
        }
        return try await open.run { session in
            let query = Query(embedded: PackageResources.index_watch_sql, binds: [pid])
            guard let row = try session.rows(query, timeout: .seconds(10)).first else { return nil }
            let blocks: (done: Int64, total: Int64) = (try row.value("blocks_done"), try row.value("blocks_total"))
            let tuples: (done: Int64, total: Int64) = (try row.value("tuples_done"), try row.value("tuples_total"))
            return Look(
                phase: try row.value("phase"), isWaiting: try row.value("is_waiting"),
                blockers: try row.value("blockers"), done: blocks.total > 0 ? blocks.done : tuples.done,
                total: blocks.total > 0 ? blocks.total : tuples.total)
        }
    }
}
