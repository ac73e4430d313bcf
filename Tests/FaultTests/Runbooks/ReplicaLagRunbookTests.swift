import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/replica-lag.md`, read and run on a primary with a standby.
@Suite struct ReplicaLagRunbookTests {
    private struct Pair {
        let primary: Sandbox
        let standby: Sandbox
        let scene: RunbookScene

        /// The standby's paths in the place of the runbook's.
        var paths: [(String, String)] {
            [
                ("/var/lib/postgresql/15/main", standby.dataFolder),
                ("/var/log/postgresql/postgresql-15-main.log", "\(standby.folder)/log"),
            ]
        }

        /// Claims that the standby follows, and that the runbook's last section says so.
        func over() async throws {
            try await eventually("the standby has replayed everything") {
                try await primary.psql(
                    "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()"
                ) == "1"
            }
            let said = try await scene.run("How to know that it is over")
            #expect(said.stdout.contains("|streaming|0") && said.stdout.contains("standby"), "\(said)")
        }
    }

    private static func url(_ server: Sandbox) -> String { "postgresql://postgres@127.0.0.1:\(server.port)/postgres" }

    private static func with(_ settings: [String: String] = [:], _ body: (Pair) async throws -> Void) async throws {
        let quick = ["wal_retrieve_retry_interval": "100ms"]
        try await TestServer.withPair(standby: quick.merging(settings) { $1 }) { primary, standby in
            try await withTemporaryFolder { folder in
                let scene = RunbookScene(
                    name: "replica-lag.md", server: standby, folder: folder,
                    settings: ["PRIMARY": url(primary), "STANDBY": url(standby)])
                try await primary.psql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i")
                let pair = Pair(primary: primary, standby: standby, scene: scene)
                try await eventually("the table is there") {
                    try await standby.psql("SELECT to_regclass('t') IS NOT NULL") == "t"
                }
                try await body(pair)
                try await pair.over()
            }
        }
    }

    @Test("each section with commands is run here, with as many blocks as it has; no table sends into the void")
    func complete() throws {
        #expect(
            try Runbook.counts(of: "replica-lag.md") == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 1, "Replay is paused": 2, "The limits are lower than the primary's": 2,
                "A query holds up the replay": 4, "It is not connected": 2, "Its WAL is gone": 2,
                "Commits wait for the standby": 2, "The network, or too much is written": 2,
                "How to know that it is over": 1,
            ])
        #expect(try Runbook.missingSections(of: "replica-lag.md") == [])
        #expect(try Runbook.unknownCodes(of: "replica-lag.md") == [])
    }

    @Test("a replay that somebody paused is told as such, and goes on")
    func paused() async throws {
        try await Self.with { pair in
            try await pair.standby.psql("SELECT pg_wal_replay_pause()")
            try await pair.primary.psql("INSERT INTO t VALUES (1001)")
            try await eventually("it has paused") {
                try await pair.standby.psql("SELECT pg_get_wal_replay_pause_state()") == "paused"
            }
            let verdict = try await pair.scene.run("Symptom and verdict")
            #expect(verdict.stdout.contains(/pause +\| paused\n/), "\(verdict)")
            #expect(verdict.stdout.contains(/replay_waits_for +\| RecoveryPause\n/), "\(verdict)")
            let harmless = try await pair.scene.run("Replay is paused")
            #expect(harmless.stdout.contains("(0 rows)"), "\(harmless)")
            try await pair.scene.run("Replay is paused", 1)
            try await eventually("the row is there") {
                try await pair.standby.psql("SELECT count(*) FROM t") == "1001"
            }
        }
    }

    @Test("a pause because of lower limits is seen before going on would shut the standby down, and mended")
    func limits() async throws {
        try await Self.with { pair in
            try await pair.primary.append(settings: ["max_connections": "120"])
            try await pair.primary.restartServer()
            try await eventually("it has paused") {
                try await pair.standby.psql("SELECT pg_get_wal_replay_pause_state()") == "paused"
            }
            let seen = try await pair.scene.run("Replay is paused")
            #expect(seen.stdout.contains(/max_connections +\| 120\n/), "\(seen)")
            #expect(seen.stdout.contains(/max_connections +\| 100\n/), "\(seen)")
            let section = "The limits are lower than the primary's"
            try await pair.scene.run(section, replaced: [("VALUE=200", "VALUE=120")])
            try await pair.scene.run(section, 1, replaced: pair.paths, asServer: true)
            #expect(try await pair.standby.psql("SHOW max_connections") == "120")
        }
    }

    @Test("a query that holds up the replay is named and ended; either setting keeps it from coming back")
    func conflict() async throws {
        try await Self.with(["max_standby_streaming_delay": "-1"]) { pair in
            let report = try await pair.standby.open("report", user: "postgres")
            try await finally {
                try await report.run { session in
                    try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                    _ = try session.rows("SELECT count(*) FROM public.t")
                }
                try await pair.primary.psql("DELETE FROM t WHERE i = 1")
                try await pair.primary.psql("VACUUM t")
                try await eventually("the replay waits") {
                    try await pair.standby.psql(
                        "SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup'")
                        == "RecoveryConflictSnapshot"
                }
                let verdict = try await pair.scene.run("Symptom and verdict")
                #expect(verdict.stdout.contains(/replay_waits_for +\| RecoveryConflictSnapshot/), "\(verdict)")
                let named = try await pair.scene.run("A query holds up the replay")
                let row = try #require(named.stdout.firstMatch(of: /(\d+) +\| postgres +\| report/), "\(named)")
                try await pair.scene.run("A query holds up the replay", 1, replaced: [("12345", String(row.1))])
                try await eventually("the row is gone") {
                    try await pair.standby.psql("SELECT count(*) FROM t") == "999"
                }
            } cleanUp: {
                await report.close()
            }
            try await pair.scene.run("A query holds up the replay", 2)
            try await pair.scene.run("A query holds up the replay", 3)
            try await eventually("both are set") {
                let settings =
                    "SELECT current_setting('max_standby_streaming_delay') || current_setting('hot_standby_feedback')"
                return try await pair.standby.psql(settings) == "30son"
            }
        }
    }

    @Test("a slot that is missing is made; a standby whose WAL is gone is built anew")
    func disconnected() async throws {
        try await Self.with { pair in
            let (primary, standby, scene) = (pair.primary, pair.standby, pair.scene)
            try await standby.psql("ALTER SYSTEM SET primary_slot_name = 'standby1'")
            try await standby.psql("SELECT pg_reload_conf()")
            try await eventually("it is refused") { try standby.log().contains("\"standby1\" does not exist") }
            let verdict = try await scene.run("Symptom and verdict")
            #expect(!verdict.stdout.contains("application_name"), "\(verdict)")
            let asked = try await scene.run("It is not connected")
            #expect(asked.stdout.contains(/primary_slot_name +\| standby1/), "\(asked)")
            try await scene.run("It is not connected", 1)
            try await pair.over()

            try await standby.stopServer()
            try await primary.psql("ALTER SYSTEM SET min_wal_size = '32MB'")
            try await primary.psql("ALTER SYSTEM SET max_wal_size = '32MB'")
            try await primary.psql("SELECT pg_reload_conf()")
            try await eventually("the slot is free, and goes") {
                (try? await primary.psql("SELECT pg_drop_replication_slot('standby1')")) != nil
            }
            for i in 1...4 {
                try await primary.psql("INSERT INTO t VALUES (\(i + 1000)); SELECT pg_switch_wal()")
            }
            try await primary.psql("CHECKPOINT")
            try await standby.startServer()
            try await primary.psql("SELECT pg_create_physical_replication_slot('standby1')")
            try await eventually("its WAL is gone") { try standby.log().contains("has already been removed") }
            for block in 0...1 {
                let replaced = block == 0 ? pair.paths : []
                var placed = scene
                placed.settings["PGDATA"] = standby.dataFolder
                placed.settings["SERVER_LOG"] = "\(standby.folder)/log"
                try await placed.run("Its WAL is gone", block, replaced: replaced, asServer: true)
            }
            #expect(try await standby.psql("SELECT count(*) FROM t") == "1004")
        }
    }

    @Test("commits that wait for a standby go through; what writes is measured, named and ended")
    func writes() async throws {
        try await Self.with { pair in
            let (primary, scene) = (pair.primary, pair.scene)
            try await primary.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try await primary.psql("SELECT pg_reload_conf()")
            try await eventually("it counts") {
                try await primary.psql("SHOW synchronous_standby_names") == "nobody"
            }
            try await primary.withWaiters(["INSERT INTO public.t VALUES (1001)"], user: "postgres") {
                try await eventually("it waits") {
                    try await primary.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1"
                }
                let said = try await scene.run("Commits wait for the standby")
                #expect(said.stdout.contains("nobody") && said.stdout.contains(" 1 |"), "\(said)")
                try await scene.run("Commits wait for the standby", 1)
                try await eventually("it is committed") {
                    try await primary.psql("SELECT count(*) FROM t WHERE i = 1001") == "1"
                }
            }
            let job = try await primary.open("job", user: "postgres")
            try await finally {
                try await job.run { session in
                    try session.execute("BEGIN")
                    try session.execute("INSERT INTO public.t VALUES (1002)")
                }
                let section = "The network, or too much is written"
                let named = try await scene.run(section, replaced: [("sleep 10", "sleep 0.1")])
                let row = try #require(named.stdout.firstMatch(of: /(\d+) +\| job +\| idle in transaction/), "\(named)")
                try await scene.run(section, 1, replaced: [("12345", String(row.1))])
            } cleanUp: {
                await job.close()
            }
            try await eventually("it is rolled back") {
                try await primary.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'job'") == "0"
            }
        }
    }
}
