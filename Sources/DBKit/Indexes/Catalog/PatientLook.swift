import Operations
import Postgres

/// A look at tables, which somebody may have locked against everybody.
struct PatientLook: Sendable {
    let request: IndexRequest
    let connection: Connection
    /// Tables or indexes that are looked at; empty: all.
    var meant: [Int64] = []
    /// How long it comes again. One try waits for the lock timeout, in a queue that stops nobody but an ALTER.
    var wait: Duration

    init(_ request: IndexRequest, _ connection: Connection, at meant: [Int64] = [], wait: Duration? = nil) {
        self.request = request
        self.connection = connection
        self.meant = meant
        self.wait = wait ?? request.wait
    }

    /// - Throws: `index.locked` naming the tables and who holds them, when `wait` is over; or what `body` throws.
    func run<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws -> T {
        let pace = RetryPolicy(attempts: .max, base: .milliseconds(100), cap: .seconds(2))
        let deadline = ContinuousClock.now + wait
        var attempt = 1
        while true {
            do {
                return try await connection.run(body)
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                let names = try await connection.run { [meant] in try LockedTables(meant, in: $0).names }
                guard ContinuousClock.now < deadline else { throw try await failure(error) }
                let pause = min(pace.wait(beforeRepetition: attempt), deadline - .now)
                request.onEvent(.retrying("\(names) is locked against everybody", after: pause))
                try await Task.sleep(for: max(pause, .zero))
                attempt += 1
            } catch { throw error }
        }
    }

    private func failure(_ error: PostgresError) async throws -> Failure {
        try await connection.run { [self] session in
            let found = try LockedTables(meant, in: session)
            let holders = try found.holders(in: session)
            let allowed = wait > .zero ? " for as long as --wait allows" : ""
            return Failure(
                .indexLocked,
                "the indexes cannot be looked at: \(found.names) is locked against everybody\(allowed)",
                detail: holders.isEmpty ? nil : holders.sentences,
                hint: "\(holders.remedy), or run the same command again later",
                sqlState: error.sqlState?.code)
        }
    }
}
