import Operations
import Postgres

/// A connection past any pooler, and with it what keeps two runs apart and what tells of this one.
struct PartitionSite: Sendable {
    let request: PartitionRequest
    let connection: Connection

    /// For looking and for planning.
    static func look<T: Sendable>(
        _ request: PartitionRequest, _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await open(request, settings: request.readerSettings, body)
    }

    static func with<T: Sendable>(
        _ request: PartitionRequest, _ body: (PartitionSite) async throws -> T
    ) async throws -> T {
        try await open(request, settings: request.settings) { connection in
            try await body(PartitionSite(request: request, connection: connection))
        }
    }

    private static func open<T: Sendable>(
        _ request: PartitionRequest, settings: SessionSettings, _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await Connection.with(request.server, settings: settings) { connection in
            guard try await !connection.run({ $0.isPooled }) else {
                throw Failure(
                    .partitionDirectURL,
                    "a pooler stands in between: the lock that keeps two runs apart needs a session of its own",
                    detail: "Nothing was changed.",
                    hint:
                        "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself"
                )
            }
            return try await body(connection)
        }
    }

    /// Runs `body` while no other run is at the partitions of a table. Everything that changes a partitioned table takes
    /// this lock: two runs that create the same partition would meet in its name.
    func locked<T: Sendable>(
        _ table: Int64, _ body: (JobLock) async throws -> T
    ) async throws -> T {
        let lock = try await lock(table)
        do {
            let result = try await body(lock)
            await lock.release()
            return result
        } catch {
            await lock.release()
            throw error
        }
    }

    /// The same, for as long as the lock is not released.
    func lock(_ table: Int64) async throws -> JobLock {
        try await JobLock.acquire(
            PartitionSite.jobName(table), on: request.server,
            settings: SessionSettings(applicationName: request.applicationName), wait: request.wait)
    }

    static func jobName(_ table: Int64) -> String { "partition:\(table)" }

    /// Runs `body` with a row in `dbctl.operations` that tells how it ended.
    ///
    /// - Parameter failing: What a result says that went wrong beside the rest.
    func recorded<T: Sendable>(
        _ counts: @escaping @Sendable (T) -> [String: Int64],
        failing: @escaping @Sendable (T) -> Failure? = { _ in nil }, _ body: () async throws -> T
    ) async throws -> T {
        let log = OperationLog(clock: request.clock)
        let isWritable = try await connection.run { [request] session in
            if let trouble = try log.prepare(in: session) {
                request.onEvent(.note(trouble.message))
                return false
            }
            try log.begin(request.run, in: session)
            return true
        }
        guard isWritable else { return try await body() }
        do {
            let result = try await body()
            await finish(log, failing(result), counts(result))
            return result
        } catch {
            await finish(log, Failure(describing: error), [:])
            throw error
        }
    }

    /// Even when the task was cancelled, or the connection is lost: a task of its own writes it, over another one if need be.
    private func finish(_ log: OperationLog, _ failure: Failure?, _ counts: [String: Int64]) async {
        let (request, connection) = (request, connection)
        await Task {
            do {
                try await connection.run { session in
                    try log.finish(request.run, failure: failure, counts: counts, in: session)
                }
            } catch {
                try? await Connection.with(request.server, settings: request.settings, timeout: .seconds(5)) {
                    try await $0.run { session in
                        try log.finish(request.run, failure: failure, counts: counts, in: session)
                    }
                }
            }
        }.value
    }
}
