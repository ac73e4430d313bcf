import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// Backups that are killed, stopped, crowded out and starved, as processes of their own.
@Suite struct BackupFaultTests {
    private func fill(_ database: TestDatabase, rows: Int = 20_000) async throws {
        try await database.psql(
            """
            CREATE TABLE big (i int PRIMARY KEY, s text);
            INSERT INTO big SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, \(rows)) i;
            CREATE TABLE small AS SELECT i FROM generate_series(1, 100) i;
            SELECT lo_from_bytea(0, decode(repeat('00ff', 5000), 'hex'));
            """)
    }

    private func arguments(_ database: TestDatabase, _ folder: String, _ more: String...) -> [String] {
        ["backup", "create", "--repo", "\(folder)/repo", "--database-url", database.url, "--no-progress"] + more
    }

    /// No session of dbctl or of its pg_dump is left on the database.
    private func expectNoSession(_ database: TestDatabase) async throws {
        try await eventually("no session of the backup is left") {
            try await database.server.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND application_name LIKE 'dbctl%'"
            ) == "0"
        }
    }

    private func unfinished(_ folder: String, _ database: TestDatabase) -> [String] {
        let items = (try? Folder.items("\(folder)/repo/\(database.name)")) ?? []
        return items.map(\.name).filter { $0.hasPrefix(".building") || $0.hasSuffix(".tmp") }
    }

    /// Delays that spread over a whole run, the same ones every time.
    private static func delays(seed: UInt64, count: Int, within length: Duration) -> [Duration] {
        var state = seed
        return (0..<count).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let jitter = Double(state >> 40) / Double(1 << 24)
            return length * ((Double(index) + jitter) / Double(count))
        }
    }

    @Test("killed at any moment: list shows whole sets only, and the next run sweeps, says so and succeeds, B1")
    func killed() async throws {
        try await TestServer.withDatabase { database in
            try await fill(database)
            try await withTemporaryFolder { folder in
                let begun = ContinuousClock.now
                let first = try await Dbctl.run(arguments(database, folder))
                #expect(first.exitCode == 0, "\(first)")
                let length = ContinuousClock.now - begun
                var swept = 0
                for delay in Self.delays(seed: 15, count: 10, within: length) {
                    _ = try await Dbctl.withRunning(arguments(database, folder)) { running in
                        try await Task.sleep(for: delay)
                        try? running.signal(SIGKILL)
                    }
                    let repository = LocalRepository("\(folder)/repo")
                    for set in try SetCatalog(repository).sets() {
                        #expect(try await SetVerification(folder: repository.url(set.folder)).run().ok)
                    }
                    let left = unfinished(folder, database)
                    let next = try await Dbctl.run(arguments(database, folder, "--format", "json"))
                    #expect(next.exitCode == 0, "\(next)")
                    let data = try #require(try next.json()["data"] as? [String: Any])
                    let said = try #require(data["swept"] as? [String])
                    #expect(said.count == left.count)
                    swept += said.count
                    #expect(unfinished(folder, database) == [])
                }
                #expect(swept > 0)
                try await expectNoSession(database)
            }
        }
    }

    @Test("SIGTERM at any moment: exit 143, no session and no unfinished file left, B18")
    func terminated() async throws {
        try await TestServer.withDatabase { database in
            try await fill(database)
            try await withTemporaryFolder { folder in
                let begun = ContinuousClock.now
                _ = try await Dbctl.run(arguments(database, folder))
                let length = ContinuousClock.now - begun
                for delay in Self.delays(seed: 18, count: 8, within: length) {
                    let outcome = try await Dbctl.withRunning(arguments(database, folder)) { running in
                        try await Task.sleep(for: delay)
                        try? running.signal(SIGTERM)
                    }
                    #expect(outcome.exitCode == 143 || outcome.exitCode == 0, "\(outcome)")
                    #expect(unfinished(folder, database) == [], "after \(delay)")
                    try await expectNoSession(database)
                }
            }
        }
    }

    @Test("SIGTERM while the backup waits for a lock: exit 143, no session and no file left, B18")
    func terminatedWaiting() async throws {
        try await TestServer.withDatabase { database in
            try await fill(database, rows: 10)
            let blocker = try await Self.lock(database, "small")
            try await finally {
                try await withTemporaryFolder { folder in
                    let outcome = try await Dbctl.withRunning(arguments(database, folder)) { running in
                        try await Self.waitForLockRequest(database, "small")
                        try running.signal(SIGTERM)
                    }
                    #expect(outcome.exitCode == 143)
                    #expect(unfinished(folder, database) == [])
                    try await expectNoSession(database)
                }
            } cleanUp: {
                await blocker.close()
            }
        }
    }

    @Test("two runs at once: the second is told who holds the lock; a killed holder holds nothing, B6")
    func twoRuns() async throws {
        try await TestServer.withDatabase { database in
            try await fill(database, rows: 10)
            let blocker = try await Self.lock(database, "small")
            try await finally {
                try await withTemporaryFolder { folder in
                    _ = try await Dbctl.withRunning(arguments(database, folder)) { first in
                        try await Self.waitForLockRequest(database, "small")
                        let second = try await Dbctl.run(arguments(database, folder, "--format", "json"))
                        #expect(second.exitCode == 75)
                        let error = try #require(try second.json()["error"] as? [String: Any])
                        #expect(error["code"] as? String == "storage.lock_held")
                        #expect((error["message"] as? String)?.contains("pid \(first.pid), for ") == true)
                        try first.signal(SIGKILL)
                    }
                    try await blocker.run { session in _ = try session.execute("ROLLBACK") }
                    #expect(try await Dbctl.run(arguments(database, folder)).exitCode == 0)
                }
            } cleanUp: {
                await blocker.close()
            }
        }
    }

    @Test("a full disk is exit 73, nothing is published, and earlier sets still verify, B2")
    func fullDisk() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql("CREATE TABLE t (b bytea); INSERT INTO t VALUES ('x')")
            try await withTemporaryFolder { folder in
                let mounted = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder])
                #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
                try await finally {
                    let first = try await Dbctl.run(arguments(database, folder))
                    #expect(first.exitCode == 0, "\(first)")
                    // Random bytes: what compresses to less than the estimate would say would fit.
                    try await database.psql(
                        "INSERT INTO t SELECT string_agg(gen_random_uuid()::text::bytea || uuid_send(gen_random_uuid()), '') "
                            + "FROM generate_series(1, 130000) i GROUP BY i % 400")
                    let full = try await Dbctl.run(arguments(database, folder, "--compress", "zstd:1"))
                    #expect(full.exitCode == 73, "\(full)")
                    #expect(unfinished(folder, database) == [])
                    try await database.psql("INSERT INTO t SELECT b FROM t, generate_series(1, 12)")
                    let refused = try await Dbctl.run(arguments(database, folder, "--format", "json"))
                    #expect(refused.exitCode == 73)
                    let error = try #require(try refused.json()["error"] as? [String: Any])
                    #expect(error["code"] as? String == "backup.disk_space")
                    let said = try #require(error["message"] as? String)
                    #expect(said.contains(/needs about [0-9]+ bytes/) && said.contains(/has [0-9]+ bytes free/))
                    let verified = try await Dbctl.run(["backup", "verify", "--all", "--repo", "\(folder)/repo"])
                    #expect(verified.exitCode == 0)
                    #expect(try SetCatalog(LocalRepository("\(folder)/repo")).sets().count == 1)
                } cleanUp: {
                    _ = try await Program.run("umount", [folder])
                }
            }
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
