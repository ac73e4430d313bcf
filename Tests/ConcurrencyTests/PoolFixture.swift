// What the tests of the pool share: a pool that is drained afterwards, and a look at the server from outside.

import Foundation
import Postgres
import Sandbox
import Synchronization
import TestServers

/// A pool under an application name of its own, by which its sessions are found on the server.
struct PoolFixture: Sendable {
    let pool: ConnectionPool
    let name: String

    /// How many of its sessions the server knows.
    func serverSessions(_ server: Sandbox) async throws -> Int {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)'"
        return Int(try await server.psql(count)) ?? -1
    }

    func terminateAll(_ server: Sandbox) async throws {
        try await server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(name)'")
        try await eventually("the sessions of \(name) are gone") { try await serverSessions(server) == 0 }
    }
}

@discardableResult
func withPool<T>(
    _ url: String,
    _ settings: PoolSettings,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (PoolFixture) async throws -> T
) async throws -> T {
    let name = TestServer.uniqueName("pool")
    var session = SessionSettings(applicationName: name)
    session.cancelGrace = .milliseconds(300)
    let pool = ConnectionPool(ConnectionParameters(url: url), session: session, settings)
    return try await finally {
        try await body(PoolFixture(pool: pool, name: name))
    } cleanUp: {
        await pool.drain(within: .zero)
    }
}

/// A list that tasks write to.
final class Journal<Element: Sendable>: Sendable {
    private let elements = Guarded<[Element]>([])

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    var all: [Element] { elements.withLock { $0 } }
}

extension ConnectionPool {
    /// A statement that needs nothing.
    func ping() async throws {
        try await withConnection { try $0.execute("SELECT 1") }
    }

    func backendPID() async throws -> Int32 {
        try await withConnection { $0.backendPID }
    }

    func untilWaiting(_ count: Int, isolation: isolated (any Actor)? = #isolation) async throws {
        try await eventually("\(count) wait; now \(metrics.counts)") { metrics.counts.waiting == count }
    }
}
