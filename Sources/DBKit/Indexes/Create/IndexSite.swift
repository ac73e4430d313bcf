import Operations
import Postgres

/// A table with no other run of ours at its indexes: the job lock is held, and the run is noted.
struct IndexSite: Sendable {
    let request: IndexRequest
    let connection: Connection
    let lock: JobLock
    let table: IndexedTable

    /// Runs `body` on a table under its job lock; how it ended is noted in `dbctl.operations`.
    ///
    /// - Parameter isRecorded: False for a second table of one run, whose row is there already.
    static func with<T: Sendable>(
        _ request: IndexRequest, table written: String, isRecorded: Bool = true,
        counting counts: @escaping @Sendable (T) -> [String: Int64] = { _ in [:] },
        _ body: (IndexSite) async throws -> T
    ) async throws -> T {
        try await look(request) { connection in
            let table = try await connection.run { try IndexedTable.read(written, in: $0) }
            let lock = try await JobLock.acquire(
                table.jobName, on: request.server,
                settings: SessionSettings(applicationName: request.applicationName), wait: request.wait)
            do {
                let site = IndexSite(request: request, connection: connection, lock: lock, table: table)
                let result =
                    isRecorded
                    ? try await request.record(on: connection).keeping(counts) {
                        try await body(site)
                    }
                    : try await body(site)
                await lock.release()
                return result
            } catch {
                await lock.release()
                throw error
            }
        }
    }

    /// Looks at the table, with all that is above and below it.
    func look<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws -> T {
        try await PatientLook(request, connection, at: [table.oid]).run(body)
    }

    /// A connection past any pooler, for looking and for planning.
    static func look<T: Sendable>(
        _ request: IndexRequest, _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await Connection.with(request.server, settings: request.settings) { connection in
            guard try await !connection.run({ $0.isPooled }) else {
                throw Failure(
                    .indexDirectURL,
                    "a pooler stands in between: CREATE INDEX CONCURRENTLY and the lock that keeps two runs apart need sessions of their own",
                    hint:
                        "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself"
                )
            }
            guard try await !connection.run({ try $0.isInRecovery }) else {
                throw Failure(
                    .serverReadOnly, "this server is a standby: indexes are built on its primary, and come from there",
                    hint: "name the primary, with --database-url or --target")
            }
            return try await body(connection)
        }
    }

    /// Waits until nobody else builds on the table. A statement of ours that queued behind a build would hold the snapshot
    /// that the build waits for.
    ///
    /// - Throws: `index.being_built` once `--wait` is over.
    static func awaitQuiet(_ table: IndexedTable, _ request: IndexRequest, _ connection: Connection) async throws {
        let deadline = ContinuousClock.now + request.wait
        while let build = try await connection.run({ try LiveIndexBuild.find(on: table.oid, in: $0) }) {
            guard ContinuousClock.now < deadline else { throw build.failure(table.label) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

extension Session {
    fileprivate var isInRecovery: Bool {
        get throws { try row("SELECT pg_catalog.pg_is_in_recovery() AS standby").value("standby") }
    }
}
