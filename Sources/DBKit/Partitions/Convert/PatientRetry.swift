import Operations
import Postgres

/// A transaction that loses a race against others' locks comes again, for two minutes at the most. Nothing waits behind
/// it meanwhile that did not wait before.
struct PatientRetry: Sendable {
    let request: PartitionRequest
    let label: String

    init(_ request: PartitionRequest, _ label: String) {
        (self.request, self.label) = (request, label)
    }

    /// - Throws: `partition.convert_busy`
    func run<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .seconds(2))
        let deadline = ContinuousClock.now + max(request.wait, .seconds(120))
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as PostgresError where error.isRetryable {
                guard ContinuousClock.now < deadline else {
                    throw Failure(
                        .partitionConvertBusy, "\(label) was locked by others for minutes: \(error.message)",
                        detail: "What was done so far is kept.",
                        hint: "dbctl pool doctor says who holds it; then run the same command again: it goes on",
                        sqlState: error.sqlState?.code)
                }
                let pause = pace.wait(beforeRepetition: attempt)
                request.onEvent(.retrying("\(label) is in use", after: pause))
                try await Task.sleep(for: pause)
                attempt += 1
            } catch { throw error }
        }
    }
}
