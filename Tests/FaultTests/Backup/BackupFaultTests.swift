import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// Backups that are stopped and crowded out, as processes of their own.
@Suite struct BackupFaultTests {
    @Test("SIGTERM at any moment: exit 143, no session and no unfinished file left, B18")
    func terminated() async throws {
        try await BackupFaultFixture.with(rows: 20_000) { backup in
            var run = RunMoments(length: try await undisturbed { _ = try await Dbctl.run(backup.arguments()) })
            for fraction in SeededMoments.spread(seed: 18, count: 12) {
                let moment = run.moment(fraction)
                let outcome = try await Dbctl.withRunning(backup.arguments()) { running in
                    try await Task.sleep(for: moment)
                    try? running.signal(SIGTERM)
                }
                #expect(outcome.exitCode == 143 || outcome.exitCode == 0, "\(outcome)")
                if outcome.exitCode == 0 { run.runHadEnded(at: moment) }
                #expect(backup.unfinished == [], "after \(moment)")
                try await backup.expectNoSession()
            }
        }
    }

    @Test("SIGTERM while rows are compressed as strongly as can be: 143 and a document, nothing left, B18")
    func terminatedCompressing() async throws {
        try await BackupFaultFixture.with(rows: 10) { backup in
            try await backup.database.psql(
                "CREATE TABLE dense AS SELECT md5(i::text) || md5((i * 7)::text) AS s FROM generate_series(1, 150000) i"
            )
            let arguments = backup.arguments() + ["--compress", "zstd:22", "--format", "json"]
            let outcome = try await Dbctl.withRunning(arguments) { running in
                try await eventually("a file of rows has begun") {
                    let files = try? FileManager.default.subpathsOfDirectory(atPath: backup.repository.location)
                    return (files ?? []).contains { $0.contains(".building-") && $0.contains(".dat.zst") }
                }
                try running.signal(SIGTERM)
            }
            #expect(outcome.exitCode == 143, "\(outcome)")
            #expect(!outcome.stderr.contains("by force"), "\(outcome)")
            #expect(try outcome.json()["exit"] as? Int == 143, "\(outcome)")
            #expect(backup.unfinished == [])
            try await backup.expectNoSession()
        }
    }

    @Test(
        "SIGTERM while the backup waits for a lock: exit 143, no session and no file left, also when it comes again and again, B18",
        arguments: [1, 20])
    func terminatedWaiting(times: Int) async throws {
        try await BackupFaultFixture.with(rows: 10) { backup in
            let blocker = try await Self.lock(backup.database, "small")
            try await finally {
                let outcome = try await Dbctl.withRunning(backup.arguments()) { running in
                    try await Self.waitForLockRequest(backup.database, "small")
                    // timeout(1) sends one to the process and one to its group, at the same time.
                    for _ in 0..<times where !running.hasEnded {
                        try? running.signal(SIGTERM)
                        // Signals that wait together to be delivered become one.
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                #expect(outcome.exitCode == 143, "\(outcome)")
                #expect(!outcome.stderr.contains("by force"), "\(outcome)")
                #expect(backup.unfinished == [])
                try await backup.expectNoSession()
            } cleanUp: {
                await blocker.close()
            }
        }
    }

    @Test("SIGTERM while a frozen server keeps pg_dump waiting: 143 within 2 s, and nothing unfinished left, B18")
    func terminatedFrozen() async throws {
        try await TestServer.withSandbox { server in
            let database = TestDatabase(name: "postgres", server: server)
            try await BackupFaultFixture.fill(database, rows: 10)
            try await withTemporaryFolder { folder in
                let backup = BackupFaultFixture(database: database, folder: folder)
                let spy = try await backup.spy("echo $$ > \(folder)/dumping; exec sleep 1000")
                let processes = Guarded<[Int32]>([])
                try await finally {
                    let told = Guarded(ContinuousClock.now)
                    let outcome = try await Dbctl.withRunning(backup.arguments() + spy) { running in
                        _ = try await backup.spied("dumping")
                        // pg_dumpall has a session, too.
                        let holder = try await database.psql(
                            """
                            SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'dbctl backup create%'
                            AND state = 'idle in transaction' ORDER BY backend_start LIMIT 1
                            """)
                        let frozen = [try #require(Int32(holder)), try #require(server.pid)]
                        processes.withLock { $0 = frozen }
                        for pid in frozen { kill(pid, SIGSTOP) }
                        // The question whether the server is still there lies unread in its socket.
                        try await eventually("the frozen server was asked") {
                            try Loopback.unread(port: server.port) > 0
                        }
                        told.withLock { $0 = .now }
                        try running.signal(SIGTERM)
                    }
                    let took = ContinuousClock.now - told.withLock { $0 }
                    #expect(outcome.exitCode == 143 && took < .seconds(2), "\(took): \(outcome)")
                    #expect(!outcome.stderr.contains("by force"), "\(outcome)")
                    #expect(try backup.sets().isEmpty && backup.unfinished == [])
                } cleanUp: {
                    for pid in processes.withLock({ $0 }) { kill(pid, SIGCONT) }
                }
                try await backup.expectNoSession()
            }
        }
    }

    @Test("two runs at once: the second is told who holds the lock; a killed holder holds nothing, B6")
    func twoRuns() async throws {
        try await BackupFaultFixture.with(rows: 10) { backup in
            let blocker = try await Self.lock(backup.database, "small")
            try await finally {
                _ = try await Dbctl.withRunning(backup.arguments()) { first in
                    try await Self.waitForLockRequest(backup.database, "small")
                    let second = try await Dbctl.run(backup.arguments("--format", "json"))
                    #expect(second.exitCode == 75)
                    let error = try #require(try second.json()["error"] as? [String: Any])
                    #expect(error["code"] as? String == "storage.lock_held")
                    #expect((error["message"] as? String)?.contains("pid \(first.pid), for ") == true)
                    try first.signal(SIGKILL)
                }
                try await blocker.run { session in _ = try session.execute("ROLLBACK") }
                #expect(try await Dbctl.run(backup.arguments()).exitCode == 0)
            } cleanUp: {
                await blocker.close()
            }
        }
    }

    @Test("a pg_dump that was killed is named with its signal, and nothing is published")
    func toolKilled() async throws {
        try await BackupFaultFixture.with(rows: 10) { backup in
            let spy = try await backup.spy("kill -9 $$")
            let outcome = try await Dbctl.run(backup.arguments("--format", "json") + spy)
            let error = try #require(try outcome.json()["error"] as? [String: Any])
            #expect(error["code"] as? String == "backup.tool_failed", "\(outcome)")
            let detail = try #require(error["detail"] as? String)
            #expect(detail.contains("signal 9 (Killed)"), "\(detail)")
            #expect(try backup.sets().isEmpty && backup.unfinished == [])
            try await backup.expectNoSession()
        }
    }

    private static func lock(_ database: TestDatabase, _ table: String) async throws -> Connection {
        let blocker = try await Connection.open(
            ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "blocker"))
        try await blocker.run { session in
            try session.execute("BEGIN")
            try session.execute("LOCK TABLE \(try identifier("public", table)) IN ACCESS EXCLUSIVE MODE")
        }
        return blocker
    }

    private static func waitForLockRequest(_ database: TestDatabase, _ table: String) async throws {
        try await eventually("the backup waits for \(table)") {
            try await database.psql(
                "SELECT count(*) FROM pg_locks WHERE relation = '\(table)'::regclass AND NOT granted") != "0"
        }
    }
}
