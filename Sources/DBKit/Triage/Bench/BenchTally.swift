import Operations
import Postgres

/// Why transactions of a load test failed, and how often.
public struct BenchError: Encodable, Sendable, Hashable {
    /// Nil where no server said one: a wait that was too long, a connection that broke off.
    public let sqlstate: String?
    /// For `dbctl explain`.
    public let code: String
    /// Of the first one.
    public let message: String
    public internal(set) var count: Int
}

/// What the clients of a load test went through, added up.
struct BenchTally: Sendable {
    private(set) var acquire = LatencyHistogram()
    private(set) var statement = LatencyHistogram()
    private(set) var transactions = 0
    private(set) var failures: [BenchError] = []
    /// Waits that the end of the run cut off. Their length so far is counted: without them, a pool that serves nobody
    /// would have the shortest waits of all.
    private(set) var stillWaiting = 0
    /// Statements that the end of the run cut off.
    private(set) var stillRunning = 0

    /// One client's last transactions. Handed over by the dozen, so that clients do not queue for the book as well.
    struct Batch: Sendable {
        enum Attempt: Sendable {
            case done(acquire: UInt64, statement: UInt64)
            case failed(acquire: UInt64?, Failure)
            case cutOffWaiting(UInt64)
            case cutOffRunning(acquire: UInt64)
        }

        var attempts: [Attempt] = []
    }

    var failed: Int { failures.reduce(0) { $0 + $1.count } }

    mutating func add(_ batch: Batch) {
        for attempt in batch.attempts {
            switch attempt {
            case .done(let waited, let took):
                acquire.add(waited)
                statement.add(took)
                transactions += 1
            case .failed(let waited, let failure):
                if let waited { acquire.add(waited) }
                add(failure)
            case .cutOffWaiting(let waited):
                acquire.add(waited)
                stillWaiting += 1
            case .cutOffRunning(let waited):
                acquire.add(waited)
                stillRunning += 1
            }
        }
    }

    mutating func add(_ failure: Failure, count: Int = 1) {
        guard count > 0 else { return }
        if let index = failures.firstIndex(where: { $0.sqlstate == failure.sqlState && $0.code == failure.code.name }) {
            failures[index].count += count
        } else {
            failures.append(
                BenchError(
                    sqlstate: failure.sqlState, code: failure.code.name, message: failure.message, count: count))
        }
    }
}
