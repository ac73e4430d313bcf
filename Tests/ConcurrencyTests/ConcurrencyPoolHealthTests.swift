// Connections that die, servers that restart, bodies that leave a mess.

import Foundation
import Postgres
import Sandbox
import TestServers
import Testing

@Suite struct ConcurrencyPoolHealthTests {
    @Test("a connection that was terminated while idle is found by the ping; its caller gets another one")
    func ping() async throws {
        try await TestServer.withDatabase { database in
            var settings = PoolSettings(maximum: 3)
            settings.pingAfter = .zero
            try await withPool(database.url, settings) { fixture in
                let pool = fixture.pool
                let leases = try await [pool.lease(), pool.lease(), pool.lease()]
                for lease in leases { lease.release() }
                try await fixture.terminateAll(database.server)
                try await pool.ping()
                let metrics = pool.metrics
                #expect(metrics.evictions[.ping, default: 0] >= 1)
                #expect(metrics.evictions[.lost] == nil)
                for _ in 0..<5 { try await pool.ping() }
            }
        }
    }

    @Test("a ping that gets no answer is given up: a cut cable holds nobody until the acquire deadline")
    func silentPing() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            var settings = PoolSettings(maximum: 1)
            settings.pingAfter = .zero
            settings.pingTimeout = .milliseconds(50)
            let url = "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres?sslmode=disable"
            try await withPool(url, settings) { fixture in
                let before = try await fixture.pool.backendPID()
                proxy.stall()
                async let next = fixture.pool.backendPID()
                try await eventually("the ping is given up") { fixture.pool.metrics.evictions[.ping] == 1 }
                proxy.resume()
                #expect(try await next != before)
            }
        }
    }

    @Test("a session that the server ended during the body is closed, and the error says so")
    func terminatedInBody() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withConnection { session in
                        try session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    }
                }
                #expect(error?.sqlState == .adminShutdown)
                #expect(pool.metrics.evictions == [.lost: 1])
                try await pool.ping()
            }
        }
    }

    @Test("a transaction that a body left open is not the next caller's problem")
    func openTransaction() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                try await pool.withConnection { session in
                    try session.execute("BEGIN")
                    try session.execute("CREATE TABLE public.half_done ()")
                }
                let isGone: Bool = try await pool.withConnection { session in
                    #expect(!session.isInTransaction)
                    return try session.row("SELECT to_regclass('public.half_done') IS NULL AS gone").value("gone")
                }
                #expect(isGone)
                #expect(pool.metrics.evictions == [.openTransaction: 1])
                // An ordinary error is no reason to close anything.
                let before = try await pool.backendPID()
                await #expect(throws: PostgresError.self) {
                    try await pool.withConnection { try $0.execute("SELECT 1/0") }
                }
                #expect(try await pool.backendPID() == before)
            }
        }
    }

    @Test("a connection past its lifetime is replaced when it comes back")
    func lifetime() async throws {
        try await TestServer.withDatabase { database in
            var settings = PoolSettings(maximum: 1)
            settings.lifetime = .zero
            try await withPool(database.url, settings) { fixture in
                let first = try await fixture.pool.backendPID()
                #expect(try await fixture.pool.backendPID() != first)
                #expect(fixture.pool.metrics.evictions == [.lifetime: 2])
            }
            settings.lifetime = .seconds(600)
            try await withPool(database.url, settings) { fixture in
                let first = try await fixture.pool.backendPID()
                #expect(try await fixture.pool.backendPID() == first)
            }
        }
    }

    @Test("a restart under load: every error is a lost connection, and afterwards there are none")
    func restart() async throws {
        try await TestServer.withSandbox(settings: ["max_connections": "40"]) { sandbox in
            try await withPool(sandbox.url, PoolSettings(maximum: 10)) { fixture in
                let pool = fixture.pool
                let errors = Journal<any Error>()
                let load = (0..<30).map { _ in
                    Task {
                        var done = 0
                        while !Task.isCancelled {
                            do {
                                try await pool.ping()
                                done += 1
                            } catch let error as PostgresError where error.kind == .cancelled {
                                break
                            } catch {
                                errors.add(error)
                            }
                        }
                        return done
                    }
                }
                try await eventually("the load runs") { pool.metrics.acquired > 500 }
                try await sandbox.restartServer(.fast)
                let before = pool.metrics.acquired
                try await eventually("the load runs again") { pool.metrics.acquired > before + 500 }
                let during = errors.all
                let recovered = pool.metrics.acquired
                try await eventually("and goes on") { pool.metrics.acquired > recovered + 1000 }
                #expect(errors.all.count == during.count, "no error after the recovery")
                for task in load { task.cancel() }
                for task in load { #expect(await task.value > 0) }
                #expect(!during.isEmpty)
                for error in during {
                    #expect((error as? PostgresError)?.isConnectionLost == true, "\(error)")
                }
                #expect(pool.metrics.evictions[.lost, default: 0] > 0)
            }
        }
    }
}
