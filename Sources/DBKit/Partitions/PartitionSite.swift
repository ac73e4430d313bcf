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
        _ table: Int64, _ label: String, _ body: (JobLock) async throws -> T
    ) async throws -> T {
        let lock = try await lock(table, label)
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
    func lock(_ table: Int64, _ label: String) async throws -> JobLock {
        try await JobLock.acquire(
            PartitionSite.jobName(table), called: "partitions of \(label)", on: request.server,
            settings: SessionSettings(applicationName: request.applicationName), wait: request.wait)
    }

    static func jobName(_ table: Int64) -> String { "partition:\(table)" }

    /// The row of this run in `dbctl.operations`.
    var record: RunRecord {
        RunRecord(
            request.run, on: connection, server: request.server, settings: request.settings, clock: request.clock
        ) { [onEvent = request.onEvent] in onEvent(.note($0)) }
    }
}
