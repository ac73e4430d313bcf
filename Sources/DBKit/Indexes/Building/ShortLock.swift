import Operations
import Postgres

/// A statement whose lock others queue behind: it waits a tenth of a second at the most, and comes again.
struct ShortLock: Sendable {
    let request: IndexRequest
    let connection: Connection
    let table: IndexedTable

    static let patience = Duration.milliseconds(100)

    /// - Throws: `index.locked` when the lock was not to be had for as long as `--wait` allows.
    func run(_ query: Query) async throws {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(100), cap: .seconds(2))
        let deadline = ContinuousClock.now + request.wait
        let limit = min(Self.patience, request.lockTimeout)
        request.onEvent(.running(query.text))
        var attempt = 1
        while true {
            do {
                try await connection.run { session in
                    try session.transaction { session in
                        let milliseconds: SQLFragment = "\(Int64(limit / .milliseconds(1)))"
                        try session.execute("SET LOCAL lock_timeout = \(milliseconds)")
                        // The lock timeout is for each of the locks, of which a partitioned table has many.
                        try session.execute("SET LOCAL statement_timeout = \(milliseconds)")
                        try session.execute(query)
                    }
                }
                return
            } catch let error as PostgresError where Self.passes(error) {
                guard ContinuousClock.now < deadline else { throw try await busy(query, error) }
                let pause = pace.wait(beforeRepetition: attempt)
                request.onEvent(.retrying("\(table.label) is locked", after: pause))
                try await Task.sleep(for: pause)
                attempt += 1
            } catch { throw error }
        }
    }

    private static func passes(_ error: PostgresError) -> Bool {
        [.lockNotAvailable, .queryCanceled].contains(error.sqlState) && error.kind == .server
    }

    private func busy(_ query: Query, _ error: PostgresError) async throws -> Failure {
        let oid = table.oid
        let holders = try await connection.run { try Blocker.holders(of: [oid], in: $0) }
        return Failure(
            .indexLocked, "\(table.label) was locked by others for as long as --wait allows: \(query.text)",
            detail: holders.sentences,
            hint: "\(holders.remedy), or wait longer with --wait 10m, and run the same command again",
            sqlState: error.sqlState?.code)
    }
}
