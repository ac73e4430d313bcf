import Operations
import Postgres

/// A CONCURRENTLY statement on a connection of its own, watched and bounded.
struct ConcurrentStatement: Sendable {
    let request: IndexRequest
    let query: Query
    /// `prices_asset_id_idx`, for progress.
    let label: String

    /// - Throws: ``StatementWatch/WaitedTooLong``, or what the statement itself throws.
    func run() async throws {
        request.onEvent(.running(query.text))
        try await Connection.with(request.server, settings: request.concurrentSettings) { builder in
            var watch = StatementWatch(
                pid: await builder.backendPID, server: request.server, settings: request.watcherSettings,
                maximumWait: request.maximumWait)
            watch.onLook = { look in
                if let progress = look.progress(label) { request.progress.report(progress) }
            }
            watch.onWaiting = { look in
                request.onEvent(.waiting(phase: look.phase, blockers: look.blockers.map(\.sentence)))
            }
            try await watch.run { try await builder.run { session in _ = try session.execute(query) } }
        }
    }
}

extension StatementWatch.Look {
    fileprivate func progress(_ label: String) -> Progress? {
        guard total > 0 || isWaiting else { return nil }
        let waiting = isWaiting ? blockers.first.map { "waits for \($0.sentence)" } : nil
        return Progress(
            phase: phase, done: done, total: total > 0 ? total : nil, unit: .items, note: waiting ?? label)
    }
}
