import Operations
import Postgres

/// Tries the swap until it gets its locks at once and fits into the time that it may take; between two tries everybody else
/// goes first.
struct SwapAttempts: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let swap: any SwapTransaction

    /// How long it is tried again where --wait asks for less.
    var patience: Duration = SwapAttempts.leastWait
    static let leastWait = Duration.seconds(30)

    struct Result: Sendable {
        var attempts: Int
        var stall: Duration
    }

    /// - Throws: `partition.convert_busy`; ``Follower/Uncovered``; what the swap refuses.
    func run() async throws -> Result {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(200), cap: .seconds(3))
        let deadline = ContinuousClock.now + max(request.wait, patience)
        var attempt = 1
        try await catchUp()
        var older = try await connection.run { [swap] in swap.movesRows ? try OlderSnapshots(in: $0) : nil }
        while true {
            do {
                older = try await outlived(older)
                try await catchUp()
                let outcome = try await connection.run { [swap] session in try swap.run(in: session) }
                return Result(attempts: attempt, stall: outcome.stall)
            } catch {
                guard SwapBudget.isRace(error) else { throw error }
                guard ContinuousClock.now < deadline else { throw try await busy(error, attempt) }
                let pause = pace.wait(beforeRepetition: attempt)
                request.onEvent(.retrying("\(swap.conversion.label): \(Self.reason(error))", after: pause))
                try await Task.sleep(for: pause)
                attempt += 1
            }
        }
    }

    /// - Throws: ``OlderSnapshots/Open``
    private func outlived(_ older: OlderSnapshots?) async throws -> OlderSnapshots? {
        guard let older else { return nil }
        return try await connection.run { session in
            var rest = older
            let holders = try rest.remaining(in: session)
            guard holders.isEmpty else { throw OlderSnapshots.Open(holders: holders) }
            return rest
        }
    }

    /// Nearly all is taken over before, so that under the lock there is little left.
    private func catchUp() async throws {
        guard let follower = swap.follower else { return }
        for _ in 0..<20 {
            let entries = try await PatientRetry(request, swap.conversion.label).run {
                try await connection.run { session in try session.transaction(.frozen) { try follower.follow(in: $0) } }
            }
            if entries < Exchange.mostEntries / 20 { break }
        }
        // So that counting what is left takes no time.
        let log = try follower.log.sql()
        try await connection.run { session in try session.execute("VACUUM (SKIP_LOCKED, TRUNCATE false) \(log)") }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case is OlderSnapshots.Open: "transactions read with a snapshot that is older than the copy"
        case is SwapBudget.Exhausted: "the swap takes longer than it may"
        case let left as Follower.TooMany: "\(left.entries) rows were written in a moment"
        case let error as PostgresError where error.kind == .timedOut: "the swap takes longer than it may"
        default: "it is in use"
        }
    }

    private var kept: String {
        switch (swap.conversion.state, swap.conversion.memory) {
        case (.preparing, let memory?):
            "What was prepared is kept; until the swap or an undo, rows from \(memory.upper) on are refused."
        case (.preparing, nil), (.copying, _): "The copy is kept, and its trigger notes what is written."
        default: "Nothing was taken back."
        }
    }

    private func busy(_ error: any Error, _ attempts: Int) async throws -> Failure {
        let tables = [swap.leaving]
        let holders =
            if let open = error as? OlderSnapshots.Open {
                open.holders.map(\.sentence)
            } else {
                try await connection.run { session in try Blocker.holders(of: tables, in: session) }.map(\.sentence)
            }
        let stall = "\(Int64(swap.budget / .milliseconds(1)))ms"
        return Failure(
            .partitionConvertBusy,
            "\(swap.conversion.label) could not be swapped within \(stall), in \(attempts) tries: \(Self.reason(error))",
            detail: (holders + ["\(swap.conversion.label) is in use as it was. \(kept)"]).joined(
                separator: "\n"),
            hint:
                "run the same command again, when there is less to do, with --wait 10m, or with a longer --max-stall",
            sqlState: (error as? PostgresError)?.sqlState?.code)
    }
}
