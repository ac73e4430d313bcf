// A cancellation that comes at the moments that chance hardly ever hits: before a caller waits, and after he is done.

import Sandbox
import TestServers
import Testing

@testable import Postgres

@Suite struct ConcurrencyPoolTurnTests {
    @Test("a cancellation that comes before the caller has begun to wait is not lost")
    func cancelledBeforeWaiting() async throws {
        try await TestServer.withDatabase { database in
            var settings = PoolSettings(maximum: 1)
            settings.acquireTimeout = .seconds(2)
            try await withPool(database.url, settings) { fixture in
                let pool = fixture.pool
                let lease = try await pool.lease()
                let turn = PoolTurn(pool, AcquireSite(), nil)
                turn.cancel()
                let error = await #expect(throws: (any Error).self) { try await turn.run { _ in } }
                #expect((error as? PostgresError)?.kind == .cancelled, "\(String(describing: error))")
                #expect(pool.metrics.counts.waiting == 0)
                lease.release()
            }
        }
    }

    @Test("a cancellation that comes between the grant and the body ends the body's first statement")
    func cancelledBeforeBody() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                // A connection lies ready: this caller does not wait.
                try await pool.ping()
                let turn = PoolTurn(pool, AcquireSite(), nil)
                turn.cancel()
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await turn.run { try $0.execute("SELECT 1") }
                }
                #expect(error?.kind == .cancelled)
                try await pool.ping()
            }
        }
    }

    @Test("a cancellation that comes after the body does not reach the connection, which is the next caller's now")
    func cancelledTooLate() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let turn = PoolTurn(pool, AcquireSite(), nil)
                _ = try await turn.run { try $0.execute("SELECT 1") }
                let next = try await PoolTurn(pool, AcquireSite(), nil).keep()
                turn.cancel()
                #expect(!next.member.interrupt.isRequested)
                pool.giveBack(next, nil)
            }
        }
    }

    @Test("a body runs in its caller's task: what that task carries along is there")
    func taskLocals() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let lease = try await pool.lease()
                let waiting = Task {
                    try await Luggage.$tag.withValue("mine") { try await pool.withConnection { _ in Luggage.tag } }
                }
                try await pool.untilWaiting(1)
                lease.release()
                #expect(try await waiting.value == "mine")
            }
        }
    }
}

private enum Luggage {
    @TaskLocal static var tag = "nobody's"
}
