import Operations
import Postgres

/// A table with no other refresh at it: its job lock is held, and what an interrupted run had left is gone.
actor RefreshSite {
    nonisolated let request: RefreshRequest
    nonisolated let connection: Connection
    nonisolated let lock: JobLock
    nonisolated let target: TargetTable
    private var counts: [String: Int64] = [:]
    private var failure: Failure?

    /// Runs `body` on the site and gives it up afterwards; how it ended is noted in `dbctl.operations`.
    static func with<T: Sendable>(
        _ request: RefreshRequest, table: String, key: [String]?, _ body: (RefreshSite) async throws -> T
    ) async throws -> T {
        try await Connection.with(request.server, settings: request.settings) { connection in
            let found = try await connection.run { session in
                try session.refuseStandby()
                return try session.patiently(request, table: table) { session in
                    let found = try TargetTable.read(table, in: session)
                    if let key { try found.requireUniqueIndex(on: key) }
                    return found
                }
            }
            let lock = try await JobLock.acquire(
                RunsTable.jobName(found.oid), on: request.server,
                settings: SessionSettings(applicationName: request.applicationName), wait: request.wait)
            do {
                // Again: while this run waited, another one may have been at it.
                let target = try await connection.run { session in
                    try RunsTable.prepare(in: session)
                    try OperationLog(clock: request.clock).begin(request.run, in: session)
                    try RunsTable.sweep(own: found.oid, in: session) { request.onEvent(.cleaned($0)) }
                    return try session.patiently(request, table: table) { try TargetTable.read(table, in: $0) }
                }
                let site = RefreshSite(request, connection, lock, target)
                let result = try await site.finishing(body)
                await lock.release()
                return result
            } catch {
                await lock.release()
                throw error
            }
        }
    }

    private init(_ request: RefreshRequest, _ connection: Connection, _ lock: JobLock, _ target: TargetTable) {
        self.request = request
        self.connection = connection
        self.lock = lock
        self.target = target
    }

    private nonisolated func finishing<T: Sendable>(_ body: (RefreshSite) async throws -> T) async throws -> T {
        do {
            let result = try await body(self)
            await finish(nil)
            return result
        } catch {
            await finish(error)
            throw error
        }
    }

    /// A failure that the result tells of.
    func note(_ failure: Failure) {
        self.failure = failure
    }

    func count(_ report: RefreshReport) {
        counts = [
            "read": report.read, "inserted": report.inserted, "updated": report.updated,
            "unchanged": report.unchanged, "rejected": report.rejected, "collapsed": report.collapsed,
            "suppressed": report.suppressed,
        ]
    }

    func count(_ counts: [String: Int64]) {
        self.counts = counts
    }

    /// Even when the task was cancelled: a task of its own writes it, and takes the staging tables away.
    private func finish(_ error: (any Error)?) async {
        let (request, counts, connection, oid) = (request, counts, connection, target.oid)
        let failure = error.map { Failure(describing: $0) } ?? failure
        await Task {
            try? await connection.run { session in
                try OperationLog(clock: request.clock).finish(
                    request.run, failure: failure, counts: counts, in: session)
                try RunsTable.sweep(own: oid, in: session) { _ in }
            }
        }.value
    }
}

extension RefreshRequest {
    var settings: SessionSettings {
        var settings = SessionSettings(applicationName: applicationName)
        settings.lockTimeout = lockTimeout
        settings.statementTimeout = statementTimeout
        // The target's triggers, its types' operators and its checks were written for the login's own path.
        settings.searchPath = searchPath
        return settings
    }
}
