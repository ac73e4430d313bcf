import Dispatch
import Operations
import Postgres
import Synchronization

/// Clients that ask a pool for a connection, run a statement, give it back, and ask again at once, until the time is over.
struct BenchClients: Sendable {
    let pool: ConnectionPool
    let statement: Query
    let count: Int
    let duration: Duration

    /// How long what is under way at the end may go on.
    static let grace = Duration.seconds(1)
    /// After a failure: a client that is refused at once must not become a storm.
    private static let pause = Duration.milliseconds(100)

    /// Runs them all.
    ///
    /// - Returns: The seconds from the first request to the last answer.
    /// - Throws: `pool.bench_statement`, or the cancellation of the calling task.
    func run(into book: BenchBook) async throws -> Double {
        let start = Self.now()
        let end = start + UInt64(max(0, duration / .nanoseconds(1)))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await client(until: end, book)
                    return true
                }
            }
            group.addTask {
                // Cancelled when everybody was done before.
                try? await Task.sleep(for: duration + Self.grace)
                return false
            }
            var busy = count
            while busy > 0, let isClient = try await group.next() {
                if isClient { busy -= 1 } else { group.cancelAll() }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
        return Double(Self.now() - start) / 1e9
    }

    private func client(until end: UInt64, _ book: BenchBook) async throws {
        let moments = Moments()
        var batch = BenchTally.Batch()
        var handedOver = Self.now()
        var asked = handedOver
        while asked < end, !Task.isCancelled {
            moments.clear()
            let failure = await attempt(moments)
            let now = Self.now()
            let waited = moments.granted.map { $0 - asked }
            switch failure {
            case nil:
                let took = (moments.done ?? now) - (moments.granted ?? now)
                batch.attempts.append(.done(acquire: waited ?? 0, statement: took))
            case let failure? where failure.code == .benchStatement: throw failure
            case let failure? where failure.category == .interrupted:
                batch.attempts.append(waited.map { .cutOffRunning(acquire: $0) } ?? .cutOffWaiting(now - asked))
            case let failure?:
                batch.attempts.append(.failed(acquire: waited, failure))
                try? await Task.sleep(for: Self.pause)
            }
            if batch.attempts.count >= 64 || now - handedOver > 250_000_000 {
                await book.add(batch)
                batch.attempts.removeAll(keepingCapacity: true)
                handedOver = now
            }
            asked = Self.now()
        }
        await book.add(batch)
    }

    /// One transaction.
    private func attempt(_ moments: Moments) async -> Failure? {
        do {
            try await pool.withConnection { session in
                moments.noteGranted()
                try session.execute(statement)
                moments.noteDone()
                guard session.isInTransaction else { return }
                throw Failure(
                    .benchStatement, "the statement leaves a transaction open",
                    hint: "--statement takes one that is a transaction of its own, as SELECT 1 is")
            }
            return nil
        } catch let failure as Failure {
            return failure
        } catch let error as PostgresError {
            return Failure(error)
        } catch let error as PoolError {
            return Failure(error)
        } catch {
            return Failure(.runInterrupted, "stopped")
        }
    }

    /// Nanoseconds of a clock that never jumps.
    static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}

/// When a client was given its connection, and when its statement was done: written on the connection's thread, read by
/// the client. Its way back to the client is in neither: with thousands of them on one machine that is the longest part, and
/// not the server's.
private final class Moments: Sendable {
    // 0 is not yet.
    private let grantedAt = Atomic<UInt64>(0)
    private let doneAt = Atomic<UInt64>(0)

    var granted: UInt64? { Moments.value(of: grantedAt.load(ordering: .acquiring)) }
    var done: UInt64? { Moments.value(of: doneAt.load(ordering: .acquiring)) }

    private static func value(of stored: UInt64) -> UInt64? { stored == 0 ? nil : stored }

    func noteGranted() { grantedAt.store(BenchClients.now(), ordering: .releasing) }
    func noteDone() { doneAt.store(BenchClients.now(), ordering: .releasing) }

    func clear() {
        grantedAt.store(0, ordering: .releasing)
        doneAt.store(0, ordering: .releasing)
    }
}

/// Where the clients hand in what they went through.
actor BenchBook {
    private(set) var tally = BenchTally()

    func add(_ batch: BenchTally.Batch) { tally.add(batch) }
    func add(_ failure: Failure, count: Int) { tally.add(failure, count: count) }
}
