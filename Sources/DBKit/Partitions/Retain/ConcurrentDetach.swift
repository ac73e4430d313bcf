import Operations
import Postgres

/// DETACH PARTITION CONCURRENTLY on a connection of its own, watched from others.
///
/// Its first half waits for those who use the table, which stalls nobody, and is bounded by `--max-wait`. Its second half
/// takes locks that others queue behind, on the partition and on what its foreign keys refer to, and it has no lock
/// timeout: as soon as it is seen to wait for one of these it is ended, and ``PartitionDetachment`` finishes it in short
/// tries (`RetainBlockedTests`).
struct ConcurrentDetach: Sendable {
    let request: PartitionRequest
    let maximumWait: Duration
    let query: Query
    let label: String

    /// Others would have had to queue behind a lock that it waits for.
    struct QueuedOthers: Error {
        var relation: String
    }

    private static let pace = Duration.milliseconds(50)

    /// - Throws: ``QueuedOthers``, `StatementWatch.WaitedTooLong`, or what the statement itself throws.
    func run() async throws {
        request.onEvent(.running(query.text))
        try await Connection.with(request.server, settings: request.concurrentSettings) { worker in
            let pid = await worker.backendPID
            var watch = StatementWatch(
                pid: pid, server: request.server, settings: request.readerSettings, maximumWait: maximumWait)
            watch.onLook = { look in
                guard look.isWaiting else { return }
                let blocker = look.blockers.first.map { "waits for \($0.sentence)" }
                request.progress.report(
                    Progress(phase: "detach", done: 0, total: nil, unit: .items, note: blocker ?? label))
            }
            watch.onWaiting = { look in
                request.onEvent(.note("\(label): waits for \(look.blockers.map(\.sentence).joined(separator: "; "))"))
            }
            try await watch.run {
                try await guarding(pid) { try await worker.run { session in _ = try session.execute(query) } }
            }
        }
    }

    private func guarding(_ pid: Int32, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await look(pid)
                return false
            }
            defer { group.cancelAll() }
            while let isStatement = try await group.next() {
                if isStatement { return }
            }
        }
    }

    /// Returns when it cannot look any more; the statement is still bounded by the other watch.
    private func look(_ pid: Int32) async throws {
        var settings = request.readerSettings
        settings.lockTimeout = Self.pace
        guard let connection = try? await Connection.open(request.server, settings: settings) else { return }
        let found = await queue(pid, connection)
        await connection.close()
        if let found { throw QueuedOthers(relation: found) }
    }

    private func queue(_ pid: Int32, _ connection: Connection) async -> String? {
        let query = Query(embedded: PackageResources.retain_queue_sql, binds: [pid])
        do {
            while true {
                let found = try await connection.run { session in
                    try session.rows(query, timeout: .seconds(10)).first?.value("relation", as: String.self)
                }
                if let found { return found }
                try await Task.sleep(for: Self.pace)
            }
        } catch {
            return nil
        }
    }
}

extension PartitionRequest {
    /// For CONCURRENTLY forms: their waits stall nobody, and a timeout would leave a half-detached partition.
    var concurrentSettings: SessionSettings {
        var settings = settings
        settings.lockTimeout = .zero
        settings.statementTimeout = .zero
        return settings
    }
}
