import Operations
import Postgres

/// A busy row or a lost deadlock takes a whole transaction back, and it comes again until the time that it may wait for
/// others is over.
struct BusyRetry: Sendable {
    private let request: RefreshRequest
    private let table: String

    init(_ request: RefreshRequest, table: String) {
        self.request = request
        self.table = table
    }

    /// - Throws: `refresh.busy` once the time is over; what `body` throws for another reason.
    func run<T: Sendable>(counting retries: inout Int, _ body: () async throws -> T) async throws -> T {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .seconds(2))
        var attempt = 1
        // Time spent at work is no time spent waiting.
        var deadline: ContinuousClock.Instant?
        while true {
            do {
                return try await body()
            } catch let error as PostgresError {
                guard let reason = BusyReason(error) else { throw error }
                let end = deadline ?? ContinuousClock.now + request.wait
                deadline = end
                guard ContinuousClock.now < end else { throw busy(error, reason) }
                let pause = min(pace.wait(beforeRepetition: attempt), max(.zero, end - ContinuousClock.now))
                request.onEvent(.retrying(reason: reason.rawValue, attempt: attempt, after: pause))
                retries += 1
                attempt += 1
                try await Task.sleep(for: pause)
            }
        }
    }

    private func busy(_ error: PostgresError, _ reason: BusyReason) -> Failure {
        BusyRetry.failure(error, reason, table: table)
    }

    static func failure(_ error: PostgresError, _ reason: BusyReason, table: String) -> Failure {
        Failure(
            .refreshBusy, "\(table): \(reason.rawValue), for as long as --wait allows",
            detail: "The transaction was rolled back.",
            hint:
                "run the same command again, or wait longer with --wait 10m; dbctl pool doctor says who holds the rows",
            sqlState: error.sqlState?.code)
    }
}

/// Why a transaction has to come again.
enum BusyReason: String {
    case table = "the table is locked by another transaction"
    case row = "a row is held by another transaction"
    case deadlock = "a deadlock with another transaction was lost"
    case serialization = "another transaction changed the same rows"

    init?(_ error: PostgresError) {
        guard error.kind == .server else { return nil }
        switch error.sqlState {
        case .lockNotAvailable: self = .row
        case .deadlockDetected: self = .deadlock
        case .serializationFailure: self = .serialization
        default: return nil
        }
    }
}
