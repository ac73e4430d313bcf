import Operations
import Postgres

/// A transaction that takes locks others queue behind: each wait is a twentieth of a second at the most, and then everybody
/// else goes first. Tried again with full jitter for as long as `--wait` allows.
struct BoundedLock: Sendable {
    let request: PartitionRequest
    let connection: Connection
    /// What is locked, for the message.
    let tables: [Int64]
    let label: String
    /// What one statement may take, where many locks are taken by it: of a partitioned table each partition's. Nil leaves it to
    /// `--statement-timeout`.
    var total: Duration?
    /// How often it is tried at the least, whatever `--wait` says.
    var tries = 1
    /// What `--max-wait` says, whatever the others say.
    var limit: Duration?

    static let patience = Duration.milliseconds(50)
    static let pace = RetryPolicy(attempts: .max, base: .milliseconds(100), cap: .seconds(2))

    /// - Parameter longest: For each statement once the locks are there; nil leaves it to `--statement-timeout`.
    /// - Throws: `partition.locked`, or what `body` throws.
    func run<T: Sendable>(
        _ what: String, longest: Duration? = nil, _ body: @Sendable (Session) throws -> T
    ) async throws -> T {
        let begun = ContinuousClock.now
        let (deadline, end) = (begun + request.wait, limit.map { begun + $0 })
        request.onEvent(.running(what))
        var attempt = 1
        while true {
            let since = ContinuousClock.now
            do {
                return try await connection.run { session in
                    try session.transaction { [tables] session in
                        try AutovacuumTurn.wait(for: tables, longest: request.lockTimeout, in: session)
                        try session.execute(
                            "SET LOCAL lock_timeout = \(Self.milliseconds(min(Self.patience, request.lockTimeout)))")
                        if let longest = longest ?? total {
                            try session.execute("SET LOCAL statement_timeout = \(Self.milliseconds(longest))")
                        }
                        return try body(session)
                    }
                }
            } catch let error as PostgresError where isRace(error) {
                let now = ContinuousClock.now
                guard now < deadline || attempt < tries else { throw try await busy(what, error, "--wait") }
                if let end, now >= end { throw try await busy(what, error, "--max-wait") }
                // Whoever waited for this try goes on for as long, at the least.
                let turn = max(Self.pace.wait(beforeRepetition: attempt), now - since)
                let rest = [attempt < tries ? nil : deadline, end].compactMap(\.self).min().map { $0 - now }
                let pause = min(turn, rest ?? turn)
                request.onEvent(.retrying("\(label) is in use", after: pause))
                try await Task.sleep(for: max(pause, .zero))
                attempt += 1
            } catch { throw error }
        }
    }

    /// Nothing of it took effect.
    private func isRace(_ error: PostgresError) -> Bool {
        error.sqlState == .lockNotAvailable || error.sqlState?.code == "40P01"
            || total != nil && error.kind == .server && error.sqlState == .queryCanceled
    }

    private static func milliseconds(_ duration: Duration) -> SQLFragment {
        // What the server takes at the most.
        "\(Int32(clamping: Int64(min(duration, .seconds(1_000_000)) / .milliseconds(1))))"
    }

    private func busy(_ what: String, _ error: PostgresError, _ option: String) async throws -> Failure {
        let holders = try await connection.run { [tables] session in try Blocker.holders(of: tables, in: session) }
        return Failure(
            .partitionLocked, "\(label) was in use by others for as long as \(option) allows: \(what)",
            detail: holders.isEmpty ? nil : holders.sentences,
            hint: "\(holders.remedy), or wait longer with \(option) 10m, and run the same command again",
            sqlState: error.sqlState?.code)
    }
}
