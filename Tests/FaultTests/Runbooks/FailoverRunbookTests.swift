import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/failover.md`, read and run from the first block to the last: a primary with two standbys goes away.
@Suite struct FailoverRunbookTests {
    private static func url(_ server: Sandbox) -> String { "postgresql://postgres@127.0.0.1:\(server.port)/postgres" }

    @Test("each section with commands is run here, with as many blocks as it has; no table sends into the void")
    func complete() throws {
        #expect(
            try Runbook.counts(of: "failover.md") == [
                // Only the settings, which the test has its own of.
                "": 2,
                "Symptom and verdict": 2, "Fence it": 1, "Choose the standby": 1, "Promote it": 3,
                "Point the clients to it": 2, "Check it": 1, "The other standbys follow it": 1, "What was lost": 4,
                "The old primary comes back": 3, "How to know that it is over": 1,
            ])
        #expect(try Runbook.missingSections(of: "failover.md") == [])
        #expect(try Runbook.unknownCodes(of: "failover.md") == [])
    }

    @Test("the standby that has most is promoted, clients follow, what was lost is found, the old primary comes back")
    func failover() async throws {
        try await Self.with { servers, pooler, scene in
            let (old, new, other) = (servers.old, servers.new, servers.other)
            try await Self.lose(servers)

            let verdict = try await scene.run("Symptom and verdict", exit: 2)
            #expect(verdict.stderr.contains("connect.refused"), "\(verdict)")
            let asked = try await scene.run("Symptom and verdict", 1)
            #expect(!asked.stdout.contains("streaming") && asked.stdout.contains("\(new.port)"), "\(asked)")
            try await scene.run("Fence it", asServer: true)
            let chosen = try await scene.run("Choose the standby")
            let last = try #require(chosen.stdout.split(separator: "\n").last)
            #expect(last.hasSuffix("|\(new.port)"), "\(chosen)")

            let promoted = try await scene.run("Promote it")
            #expect(promoted.stdout.contains(" t\n"), "\(promoted)")
            var there = scene
            there.settings["PGDATA"] = new.dataFolder
            let again = try await there.run("Promote it", 1, exit: 1, asServer: true)
            #expect(again.stderr.contains("not in standby mode"), "\(again)")
            try await scene.run("Promote it", 2)
            try await Self.pointClients(servers, pooler, scene)
            try await scene.run("Check it")
            try await scene.run(
                "The other standbys follow it",
                replaced: [
                    ("postgresql://postgres@db3.internal/postgres", Self.url(other)),
                    ("host=db2.internal user=replicator", "host=127.0.0.1 port=\(new.port) user=postgres"),
                ])
            try await Self.findLost(servers, scene)

            try await scene.run("The old primary comes back")
            let able = try await scene.run("The old primary comes back", 1, asServer: true)
            #expect(able.stdout.contains(/wal_log_hints setting: +on/), "\(able)")
            var returning = scene
            returning.settings["SLOT"] = "db1"
            var failing = returning
            failing.settings["NEW"] = "host=/nowhere"
            try await failing.run("The old primary comes back", 2, exit: 1, asServer: true)
            #expect(Folder.exists("\(old.dataFolder)/standby.signal") && old.pid == nil, "still fenced")
            try await returning.run("The old primary comes back", 2, asServer: true)
            try await eventually("both standbys follow") {
                try await new.psql(
                    "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()"
                ) == "2"
            }
            for server in [old, new, other] {
                #expect(try await server.psql("SELECT string_agg(i::text, ',' ORDER BY i) FROM t") == "1,2,3,50")
            }
            let over = try await scene.run("How to know that it is over")
            #expect(over.stdout.contains("primary") && over.stdout.contains("standby"), "\(over)")
            #expect(over.stdout.contains("db1|t|reserved") && over.stdout.contains("db3|t|reserved"), "\(over)")
        }
    }

    private struct Servers: Sendable {
        let old: Sandbox
        /// The standby that will have most.
        let new: Sandbox
        let other: Sandbox
    }

    private static func with(_ body: (Servers, PgBouncer, RunbookScene) async throws -> Void) async throws {
        let quick = ["wal_retrieve_retry_interval": "100ms"]
        // A sandbox has no full pages in its log, without which pg_rewind goes nowhere.
        let rewindable = ["wal_log_hints": "on", "full_page_writes": "on"]
        try await TestServer.withPair(standby: quick.merging(rewindable) { $1 }) { old, new in
            try await old.append(settings: rewindable)
            try await old.restartServer()
            try await old.psql("CREATE TABLE t AS SELECT 1 AS i")
            try await TestServer.withSandbox(settings: quick) { other in
                try await withTemporaryFolder { folder in
                    // A second standby, by the runbook that builds one anew.
                    let building = RunbookScene(
                        name: "replica-lag.md", server: other, folder: folder,
                        settings: [
                            "PRIMARY": url(old), "PGDATA": other.dataFolder, "SERVER_LOG": "\(other.folder)/log",
                            "SLOT": "standby1",
                        ])
                    let paths = [
                        ("/var/lib/postgresql/15/main", other.dataFolder),
                        ("/var/log/postgresql/postgresql-15-main.log", "\(other.folder)/log"),
                    ]
                    try await building.run("Its WAL is gone", replaced: paths, asServer: true)
                    try await building.run("Its WAL is gone", 1, asServer: true)
                    let scene = RunbookScene(
                        name: "failover.md", server: old, folder: folder,
                        settings: [
                            "PRIMARY": url(old), "STANDBYS": "\(url(other)) \(url(new))", "NEW": url(new),
                            "REPO": "\(folder)/repo", "PGDATA": old.dataFolder, "SERVER_LOG": "\(old.folder)/log",
                        ])
                    try await PgBouncer.with(old) { pooler in
                        try await body(Servers(old: old, new: new, other: other), pooler, scene)
                    }
                }
            }
        }
    }

    /// 2 is on both standbys, 3 on one, 98 and 99 on the primary only, which then goes away.
    private static func lose(_ servers: Servers) async throws {
        func has(_ server: Sandbox, _ value: Int) async throws {
            try await eventually("\(value) is there") {
                try await server.psql("SELECT count(*) FROM t WHERE i = \(value)") == "1"
            }
        }
        try await servers.old.psql("INSERT INTO t VALUES (2)")
        try await has(servers.other, 2)
        try await servers.other.stopServer()
        try await servers.old.psql("INSERT INTO t VALUES (3)")
        try await has(servers.new, 3)
        try await servers.new.stopServer()
        try await servers.old.psql("INSERT INTO t VALUES (98)")
        try await servers.old.psql("INSERT INTO t VALUES (99)")
        try await servers.old.stopServer(.immediate)
        try await servers.new.startServer()
        try await servers.other.startServer()
    }

    private static func pointClients(_ servers: Servers, _ pooler: PgBouncer, _ scene: RunbookScene) async throws {
        let (old, new) = (servers.old, servers.new)
        let shown = "postgresql://app@db1.internal,db2.internal/app"
        let found = try await scene.run(
            "Point the clients to it",
            replaced: [(shown, "postgresql://postgres@127.0.0.1:\(old.port),127.0.0.1:\(new.port)/postgres")])
        #expect(found.stdout.contains("primary"), "\(found)")
        let console = "postgresql://postgres@127.0.0.1:\(pooler.port)/pgbouncer"
        let config = try await Program.run("/usr/bin/psql", ["-X", "-A", "-t", console, "-c", "SHOW CONFIG"])
        let file = try #require(config.stdout.firstMatch(of: /conffile\|([^|\n]+)/), "\(config)")
        try await scene.run(
            "Point the clients to it", 1,
            replaced: [
                ("postgresql://pgbouncer@127.0.0.1:6432/pgbouncer", console),
                ("/etc/pgbouncer/pgbouncer.ini", String(file.1)),
                ("host=db1.internal/host=db2.internal", "port=\(old.port)/port=\(new.port)"),
            ])
        let written = try await Program.psql(
            "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres", "INSERT INTO t VALUES (50) RETURNING i", times: 1
        )
        #expect(written.first?.contains("50") == true, "\(written)")
    }

    private static func findLost(_ servers: Servers, _ scene: RunbookScene) async throws {
        let fork = try await scene.run("What was lost").stdout.split(separator: "\t")
        try #require(fork.count == 3, "\(fork)")
        let commits = try await scene.run(
            "What was lost", 1, replaced: [("0/3000060", String(fork[1]))], asServer: true)
        #expect(commits.stdout.matches(of: /COMMIT 20/).count == 2, "\(commits)")
        try await scene.run("What was lost", 2, asServer: true)
        let lost = "\(servers.old.dataFolder).lost"
        let rows = try await Program.psql(
            "postgresql://postgres@/postgres?host=\(lost)&port=5499", "SELECT i FROM t WHERE i > 50 ORDER BY i",
            times: 1)
        #expect(rows == ["98\n99"])
        var copied = scene
        copied.settings["LOST"] = lost
        try await copied.run("What was lost", 3, asServer: true)
    }
}
