import DBKit
import TestSupport
import Testing

@Suite("JobLock: one run of a job at a time")
struct JobLockTests {
    @Test("the second run is refused and told who holds the lock; another job is not in its way")
    func exclusion() async throws {
        try await TestServer.withDatabase { database in
            let first = try await acquire("nightly", database, name: "first run")
            let error = await #expect(throws: Failure.self) {
                try await acquire("nightly", database, name: "second run")
            }
            #expect(error?.code == .lockHeld)
            #expect(error?.category == .busy)
            #expect(error?.message.contains("first run") == true)
            let other = try await acquire("weekly", database, name: "third run")
            await other.release()
            await first.release()
            let again = try await acquire("nightly", database, name: "fourth run", wait: .seconds(10))
            await #expect(throws: Failure.self) { try await acquire("nightly", database, name: "fifth run") }
            await again.release()
        }
    }

    @Test("a waiting run gets the lock when the holder is killed, without anybody's unlock")
    func killedHolder() async throws {
        try await TestServer.withDatabase { database in
            let holder = try await acquire("nightly", database, name: "doomed")
            let waiter = Task { try await acquire("nightly", database, name: "waiter", wait: .seconds(30)) }
            try await eventually("the waiter is connected") { try await sessions("waiter", database) == "1" }
            try await database.psql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'doomed' AND datname = current_database()
                """)
            let lock = try await waiter.value
            await #expect(throws: Failure.self) { try await acquire("nightly", database, name: "late run") }
            await lock.release()
            await holder.release()
        }
    }

    @Test("a run that waits for the lock is not in the way of CREATE INDEX CONCURRENTLY")
    func concurrentIndex() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1000) g")
            let holder = try await acquire("nightly", database, name: "holder")
            let waiter = Task { try await acquire("nightly", database, name: "waiter", wait: .seconds(60)) }
            try await eventually("the waiter is connected") { try await sessions("waiter", database) == "1" }
            // A waiter blocked in pg_advisory_lock() would hold the snapshot that this waits for, for ever.
            try await database.psql("SET statement_timeout = '20s'; \nCREATE INDEX CONCURRENTLY i ON t (a)")
            await holder.release()
            await (try await waiter.value).release()
        }
    }

    @Test("a cancelled wait leaves no session behind")
    func cancelled() async throws {
        try await TestServer.withDatabase { database in
            let holder = try await acquire("nightly", database, name: "holder")
            let waiter = Task { try await acquire("nightly", database, name: "waiter", wait: .seconds(60)) }
            try await eventually("the waiter is connected") { try await sessions("waiter", database) == "1" }
            waiter.cancel()
            await #expect(throws: (any Error).self) { try await waiter.value }
            try await eventually("the waiter is gone") { try await sessions("waiter", database) == "0" }
            await holder.release()
        }
    }
}

/// In this database: other tests use the same names on the same server.
private func sessions(_ name: String, _ database: TestDatabase) async throws -> String {
    try await database.psql(
        """
        SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)' AND datname = current_database()
        """)
}

@discardableResult
private func acquire(
    _ job: String,
    _ database: TestDatabase,
    name: String,
    wait: Duration = .zero
) async throws -> JobLock {
    try await JobLock.acquire(
        job,
        on: ConnectionParameters(url: database.url),
        settings: SessionSettings(applicationName: name),
        wait: wait
    )
}
