import Operations
import Postgres
import Synchronization

/// Looks on while a load test runs: counts its sessions at the server, and reports progress.
final class BenchLooker: Sendable {
    private let watch: Connection
    private let book: BenchBook
    private let duration: Duration
    private let progress: any ProgressSink
    private let isOver = Atomic(false)

    init(watch: Connection, book: BenchBook, duration: Duration, progress: any ProgressSink) {
        self.watch = watch
        self.book = book
        self.duration = duration
        self.progress = progress
    }

    func stop() { isOver.store(true, ordering: .relaxed) }

    /// The most sessions that the server ever showed, until ``stop()``; nil when it could not be asked.
    func peak() async -> Int? {
        var peak: Int?
        let start = ContinuousClock.now
        repeat {
            // One that was lost says nothing more; the test itself goes on.
            if let seen = try? await sessions() { peak = max(peak ?? 0, seen) }
            let tally = await book.tally
            let seconds = Int(min((ContinuousClock.now - start).seconds, duration.seconds))
            let failed = tally.failed > 0 ? ", \(tally.failed) failed" : ""
            progress.report(
                Progress(
                    phase: "bench", done: Int64(tally.transactions), total: nil, unit: .items,
                    note: "transactions, \(seconds) of \(Int(duration.seconds)) s\(failed)"))
            for _ in 0..<5 where !isOver.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(50)) }
        } while !isOver.load(ordering: .relaxed) && !Task.isCancelled
        return peak
    }

    private func sessions() async throws -> Int {
        try await watch.run { session in
            try session.row(Query(embedded: PackageResources.own_sessions_sql), timeout: .seconds(5)).value("sessions")
        }
    }
}
