// Many callers, few connections: order, limits, and callers who go away.

import Foundation
import Postgres
import Sandbox
import TestServers
import Testing

@Suite struct ConcurrencyPoolTests {
    @Test("100 clients on 20 connections: no error, never a 21st connection, everybody gets all of their turns")
    func hundredClients() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 20)) { fixture in
                let pool = fixture.pool
                let pids = Journal<Int32>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<100 {
                        group.addTask {
                            for turn in 0..<10 {
                                let (sum, pid) = try await pool.withConnection { session in
                                    let row = try session.row("SELECT \(client)::int + \(turn)::int AS sum")
                                    return (try row.value("sum", as: Int.self), session.backendPID)
                                }
                                #expect(sum == client + turn)
                                pids.add(pid)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(pids.all.count == 1000)
                #expect(Set(pids.all).count <= 20)
                let metrics = pool.metrics
                #expect(metrics.acquired == 1000)
                #expect(metrics.opened <= 20)
                #expect(metrics.waits > 0)
                #expect(metrics.waited.count == metrics.waits)
                #expect(metrics.peakWaiting >= 79)
                #expect(metrics.timeouts + metrics.failedConnects + metrics.abandonedWaits == 0)
                #expect(metrics.counts.active == 0)
                #expect(metrics.counts.waiting == 0)
                // Connections beyond the idle ones are being closed; the server takes a moment to see it.
                try await eventually("the server has as many sessions as the pool") {
                    try await fixture.serverSessions(database.server) == pool.metrics.counts.idle
                }
            }
        }
    }

    @Test("who waits is served in the order of asking, and whoever asks at the moment of a return does not overtake")
    func order() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let lease = try await pool.lease()
                let served = Journal<Int>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            try await pool.withConnection { _ in served.add(number) }
                        }
                        try await pool.untilWaiting(number + 1)
                    }
                    lease.release()
                    try await pool.withConnection { _ in served.add(99) }
                    try await group.waitForAll()
                }
                #expect(served.all == Array(0..<12) + [99])
            }
        }
    }

    @Test("cancelled waiters leave at once and take nothing with them")
    func cancelledWaiters() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 2)) { fixture in
                let pool = fixture.pool
                let (first, second) = (try await pool.lease(), try await pool.lease())
                let tasks = (0..<50).map { _ in Task { try await pool.ping() } }
                try await pool.untilWaiting(50)
                for task in tasks { task.cancel() }
                for task in tasks {
                    let error = await #expect(throws: PostgresError.self) { try await task.value }
                    #expect(error?.kind == .cancelled)
                }
                #expect(pool.metrics.counts.waiting == 0)
                #expect(pool.metrics.abandonedWaits == 50)
                first.release()
                second.release()
                #expect(pool.metrics.counts.idle == 2)
                try await pool.ping()
            }
        }
    }

    @Test("cancelling at random moments, waiting or running, leaks no connection and harms no other caller")
    func randomCancels() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 4)) { fixture in
                let pool = fixture.pool
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<300 {
                        group.addTask {
                            let task = Task {
                                try await pool.withConnection { try $0.execute("SELECT pg_sleep(0.002)") }
                            }
                            guard number % 3 != 0 else {
                                _ = try await task.value
                                return
                            }
                            try await Task.sleep(for: .microseconds(Int.random(in: 0...200_000)))
                            task.cancel()
                            // Too late, or cancelled: nothing else may come out.
                            if case .failure(let error) = await task.result {
                                #expect((error as? PostgresError)?.kind == .cancelled, "\(error)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(pool.metrics.counts.active == 0)
                #expect(pool.metrics.counts.waiting == 0)
                let leases = try await [pool.lease(), pool.lease(), pool.lease(), pool.lease()]
                for lease in leases {
                    #expect(try await lease.run { try $0.row("SELECT 1 AS one").value("one") } == 1)
                    lease.release()
                }
            }
        }
    }

    @Test("overflow connections serve when all others are taken, and are closed when they come back")
    func overflow() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 2, overflow: 2)) { fixture in
                let pool = fixture.pool
                let leases = try await [pool.lease(), pool.lease(), pool.lease(), pool.lease()]
                #expect(pool.metrics.counts.total == 4)
                #expect(pool.metrics.openedOverflow == 2)
                let fifth = await #expect(throws: PoolError.self) { try await pool.lease(timeout: .milliseconds(50)) }
                #expect(fifth?.counts.active == 4)
                for lease in leases { lease.release() }
                #expect(pool.metrics.counts.total == 2)
                #expect(pool.metrics.evictions == [.overflow: 2])
                try await eventually("the server is rid of them") {
                    try await fixture.serverSessions(database.server) == 2
                }
            }
        }
    }

    @Test("the timeout says how many are active, idle, opening and waiting, and where the longest lease was taken")
    func timeout() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let lease = try await pool.lease(fileID: "App/Checkout.swift", line: 42)
                let error = await #expect(throws: PoolError.self) {
                    try await pool.withConnection(timeout: .milliseconds(20)) { _ in }
                }
                #expect(error?.kind == .timedOut)
                #expect(error?.counts == PoolCounts(total: 1, idle: 0, active: 1, opening: 0, waiting: 1))
                #expect(error?.longestLease == AcquireSite(fileID: "App/Checkout.swift", line: 42))
                #expect(error?.description.contains("1 connections (1 active, 0 idle, 0 opening), 1 waiting") == true)
                #expect(pool.metrics.timeouts == 1)
                lease.release()
                try await pool.ping()
            }
        }
    }

    @Test("the minimum is opened ahead and stays when idle connections are closed")
    func minimum() async throws {
        try await TestServer.withDatabase { database in
            var settings = PoolSettings(minimum: 2, maximum: 4)
            settings.idleTimeout = .zero
            settings.upkeepInterval = .milliseconds(5)
            try await withPool(database.url, settings) { fixture in
                let pool = fixture.pool
                try await pool.warmUp()
                try await eventually("two stand ready") { pool.metrics.counts.idle == 2 }
                let leases = try await [pool.lease(), pool.lease(), pool.lease(), pool.lease()]
                for lease in leases { lease.release() }
                try await eventually("the other two are closed") {
                    pool.metrics.counts == PoolCounts(total: 2, idle: 2)
                }
                try await eventually("on the server, too") { try await fixture.serverSessions(database.server) == 2 }
            }
        }
    }
}
