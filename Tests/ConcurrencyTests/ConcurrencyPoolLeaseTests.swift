// Leases that do not come back, and the end of a pool.

import Foundation
import Postgres
import Sandbox
import TestServers
import Testing

@Suite struct ConcurrencyPoolLeaseTests {
    @Test("a lease that was dropped is named by the line that took it, and its place in the pool is free again")
    func dropped() async throws {
        try await TestServer.withDatabase { database in
            let leaks = Journal<PoolLeak>()
            var settings = PoolSettings(maximum: 1)
            settings.onLeak = { leaks.add($0) }
            try await withPool(database.url, settings) { fixture in
                let pool = fixture.pool
                let line = #line + 1
                let pid = try await pool.lease().run { $0.backendPID }
                #expect(leaks.all.map(\.kind) == [.dropped])
                #expect(leaks.all.first?.site == AcquireSite(fileID: #fileID, line: line))
                #expect(leaks.all.first?.description.contains("ConcurrencyPoolLeaseTests.swift:\(line)") == true)
                #expect(try await pool.backendPID() != pid)
                #expect(pool.metrics.leaks == 1)
            }
            // A lease that was released is no leak.
            #expect(leaks.all.count == 1)
        }
    }

    @Test("a lease held beyond the threshold is reported once, by the line that took it")
    func overdue() async throws {
        try await TestServer.withDatabase { database in
            let leaks = Journal<PoolLeak>()
            var settings = PoolSettings(maximum: 2)
            settings.onLeak = { leaks.add($0) }
            settings.leakThreshold = .zero
            settings.upkeepInterval = .milliseconds(2)
            try await withPool(database.url, settings) { fixture in
                let lease = try await fixture.pool.lease(fileID: "App/Export.swift", line: 7)
                try await eventually("it is reported") { !leaks.all.isEmpty }
                let later = try await fixture.pool.lease(fileID: "App/Later.swift", line: 8)
                try await eventually("another upkeep has passed") { leaks.all.count == 2 }
                lease.release()
                later.release()
                #expect(leaks.all.map(\.site.fileID) == ["App/Export.swift", "App/Later.swift"])
                #expect(leaks.all.allSatisfy { $0.kind == .overdue })
            }
        }
    }

    @Test("a lease keeps its connection over several runs, and gives it back once")
    func lease() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let lease = try await fixture.pool.lease()
                try await lease.run { try $0.execute("BEGIN") }
                #expect(try await lease.run { $0.isInTransaction })
                try await lease.run { try $0.execute("COMMIT") }
                lease.release()
                lease.release()
                #expect(fixture.pool.metrics.counts == PoolCounts(total: 1, idle: 1))
                let error = await #expect(throws: PostgresError.self) { try await lease.run { _ in } }
                #expect(error?.kind == .usage)
            }
        }
    }

    @Test("a drain refuses new callers and those who wait, and waits for the leases that are out")
    func gracefulDrain() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 1)) { fixture in
                let pool = fixture.pool
                let lease = try await pool.lease()
                let waiting = Task { try await pool.ping() }
                try await pool.untilWaiting(1)
                let drain = Task { await pool.drain(within: .seconds(60)) }
                let refused = await #expect(throws: PoolError.self) { try await waiting.value }
                #expect(refused?.kind == .draining)
                let late = await #expect(throws: PoolError.self) { try await pool.ping() }
                #expect(late?.kind == .draining)
                #expect(try await lease.run { try $0.row("SELECT 1 AS one").value("one") } == 1)
                lease.release()
                #expect(await drain.value == DrainReport())
                #expect(pool.metrics.counts.total == 0)
                try await eventually("the server is rid of it") {
                    try await fixture.serverSessions(database.server) == 0
                }
            }
        }
    }

    @Test("past its deadline a drain cancels long statements, names their leases, and closes everything")
    func drainCancels() async throws {
        try await TestServer.withDatabase { database in
            try await withPool(database.url, PoolSettings(maximum: 2)) { fixture in
                let pool = fixture.pool
                let running = Task {
                    try await pool.withConnection(fileID: "App/Report.swift", line: 3) { session in
                        // Goes on after the cancel, as a body with an eager `catch` might.
                        _ = try? session.execute("SELECT pg_sleep(600)")
                        try session.execute("SELECT pg_sleep(600)")
                    }
                }
                let between = try await pool.lease(fileID: "App/Cursor.swift", line: 4)
                try await eventually("the long statement runs") {
                    try await database.psql(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE application_name = '\(fixture.name)' AND query LIKE '%pg_sleep(600)%' AND state = 'active'
                        """) == "1"
                }
                let report = await pool.drain(within: .milliseconds(20), grace: .milliseconds(200))
                #expect(Set(report.cancelled.map(\.fileID)) == ["App/Report.swift", "App/Cursor.swift"])
                #expect(report.abandoned.map(\.fileID) == ["App/Cursor.swift"])
                let error = await #expect(throws: PostgresError.self) { try await running.value }
                #expect(error?.kind == .cancelled, "\(String(describing: error))")
                await #expect(throws: PostgresError.self) {
                    try await between.run { try $0.execute("SELECT 1") }
                }
                between.release()
                try await eventually("the server is rid of both") {
                    try await fixture.serverSessions(database.server) == 0
                }
            }
        }
    }
}
