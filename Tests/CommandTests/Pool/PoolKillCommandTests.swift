import DBKit
import Foundation
import TestSupport
import Testing

/// `dbctl pool kill` and its guards, P7.
@Suite("pool kill") struct PoolKillCommandTests {
    /// The pids of an application's sessions.
    private func pids(_ application: String, _ full: FullServer) async throws -> [Int] {
        try await full.server.psql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = '\(application)' ORDER BY pid"
        ).split(separator: "\n").compactMap { Int($0) }
    }

    @Test("sessions idle in a transaction are ended, and one that works again by then is left alone")
    func idleInTransaction() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(2, "web") { web in
                for connection in web { try await connection.run { try $0.execute("BEGIN") } }
                let none = try await full.json(["kill", "--idle-in-transaction", "1h", "--yes"], as: "mon")
                #expect(none.exitCode == 0 && none.data.list("victims").isEmpty, "\(none)")
                let seen = try await full.json(["kill", "--idle-in-transaction", "0s"], as: "mon")
                #expect(seen.data.list("victims").count == 2, "\(seen)")
                let human = try await full.run(["kill", "--idle-in-transaction", "0s"], as: "mon")
                #expect(human.stdout.hasPrefix("DRY RUN: 2 sessions would be ended"), "\(human)")
                let done = try await full.json(
                    ["kill", "--idle-in-transaction", "0s", "--app", "web", "--yes"], as: "mon")
                #expect(done.data.number("killed") == 2, "\(done)")
            }
        }
    }

    @Test("stale sessions of a full server, over a walsender: record, log and headroom", arguments: TestServer.majors)
    func stale(_ major: Int) async throws {
        try await FullServer.with(major: major) { full in
            try await full.server.psql("GRANT CREATE ON DATABASE postgres TO mon")
            try await full.exhausted(superusersToo: true) {
                let selection = ["kill", "--stale", "0s", "--app", "web"]
                let dry = try await full.json(selection, as: "mon")
                #expect(dry.exitCode == 0 && dry.data.list("victims").count == 10, "\(dry)")
                #expect(dry.data.at("dry_run") as? Bool == true && dry.data.text("route") == "walsender")
                #expect(dry.data.list("victims").allSatisfy { $0["outcome"] == nil && $0.text("backend_start") != nil })

                let refused = try await full.json(selection + ["--yes", "--max", "9"], as: "mon")
                #expect(refused.exitCode == 80 && refused.envelope.text("error.code") == "kill.too_many", "\(refused)")
                #expect(refused.envelope.text("error.hint")?.contains("--max 10") == true)

                let done = try await full.run(selection + ["--yes", "--format", "json"], as: "mon")
                let document = try done.json()
                #expect(done.exitCode == 0 && document.number("data.killed") == 10, "\(done)")
                #expect(document.list("data.victims").allSatisfy { $0.text("outcome") == "ended" })
                #expect(document.number("data.before.ordinary_free") == 0)
                #expect(document.number("data.after.ordinary_free") == 8)
                // One line of JSON each, with the run's name.
                let run = try #require(document.text("run_id"))
                let lines = done.stderr.split(separator: "\n").filter { $0.contains("\"event\":\"pool.kill\"") }
                #expect(lines.count == 10 && lines.allSatisfy { $0.contains(run) && $0.contains("\"backend_start\"") })
                let recorded = try await full.server.psql(
                    "SELECT outcome, counts->>'killed' FROM dbctl.operations WHERE run_id = '\(run)'")
                #expect(recorded == "succeeded|10")
                #expect(try await pids("web", full).isEmpty)
            }
        }
    }

    @Test("the root of a pile-up is ended, and everybody behind it goes on", arguments: TestServer.majors)
    func rootBlocker(_ major: Int) async throws {
        try await FullServer.with(major: major) { full in
            try await full.server.withSessions(1, "forgotten") { forgotten in
                try await forgotten[0].run { session in
                    try session.execute("BEGIN")
                    _ = try session.rows("SELECT * FROM public.orders")
                }
                let definition = ["ALTER TABLE public.orders ADD x int"]
                try await full.server.withWaiters(definition, "migrate") {
                    try await full.server.withWaiters(Array(repeating: "SELECT count(*) FROM public.orders", count: 4))
                    {
                        try await eventually("five have been waiting for a while") {
                            try await full.server.psql(
                                "SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < now() - interval '1 s'"
                            )
                                == "5"
                        }
                        let doctor = try await full.json(["doctor"], as: "mon")
                        #expect(doctor.data.text("verdict.code") == "lock_pileup_ddl", "\(doctor)")
                        let next = doctor.data.text("next_command") ?? ""
                        #expect(next.hasPrefix("dbctl pool kill --root-blocker --database-url"), "\(next)")
                        #expect(doctor.data.list("lock_tree").first?.number("victims") == 5)
                        #expect(doctor.data.list("lock_waits").map { $0.number("level") } == [0, 1, 2, 2, 2, 2])

                        let done = try await full.json(["kill", "--root-blocker", "--yes"], as: "mon")
                        #expect(done.exitCode == 0 && done.data.number("killed") == 1, "\(done)")
                        #expect(done.data.list("victims").first?.text("application_name") == "forgotten")
                        #expect(done.data.number("before.waiting_for_locks") == 5)
                        try await eventually("nobody waits any more") {
                            try await full.server.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0"
                        }
                        let again = try await full.json(["kill", "--root-blocker", "--yes"], as: "mon")
                        #expect(again.exitCode == 0 && again.data.list("victims").isEmpty, "\(again)")
                    }
                }
            }
        }
    }

    @Test("a pid that has gone to another session is never hit, and one that is gone is said to be")
    func recycled() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(1, "web") { _ in
                let pid = try #require(try await pids("web", full).first)
                let other = ["--pid", "\(pid)", "--backend-start", "2026-01-01T00:00:00.000000Z", "--yes"]
                let spared = try await full.json(["kill"] + other, as: "mon")
                #expect(spared.exitCode == 0 && spared.data.list("victims").isEmpty, "\(spared)")
                #expect(spared.data.list("spared").first?.text("reason")?.hasPrefix("already gone") == true)
                #expect(try await pids("web", full) == [pid])

                let plan = try await full.json(["kill", "--pid", "\(pid)"], as: "mon")
                let start = try #require(plan.data.list("victims").first?.text("backend_start"))
                let done = try await full.json(
                    ["kill", "--pid", "\(pid)", "--backend-start", start, "--yes"], as: "mon")
                #expect(done.data.number("killed") == 1, "\(done)")
                let gone = try await full.json(["kill", "--pid", "\(pid)", "--yes"], as: "mon")
                #expect(gone.exitCode == 0 && gone.data.list("spared").first?.at("is_gone") as? Bool == true, "\(gone)")
            }
        }
    }

    @Test("on a terminal it asks: the number of sessions ends them, anything else ends nobody")
    func confirmed() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(2, "web") { _ in
                let arguments = ["pool", "kill", "--stale", "0s", "--app", "web", "--database-url", full.url("mon")]
                for (typed, code, left) in [("yes", 80, 2), ("2", 0, 0)] {
                    try await TerminalRun.with(arguments, columns: 200) { terminal in
                        try await terminal.wait("asks") { $0.ordinary.contains("type 2 to go on") }
                        #expect(try await pids("web", full).count == 2)
                        terminal.press("\(typed)\n")
                        #expect(try await terminal.waitForEnd() == Int32(code), "\(terminal.screen)")
                    }
                    #expect(try await pids("web", full).count == left)
                }
            }
        }
    }

    @Test("superusers, walsenders and prepared transactions are refused, with the reason")
    func protected() async throws {
        try await FullServer.with(settings: ["max_prepared_transactions": "2"]) { full in
            try await full.server.withSessions(1, "admin", user: "postgres") { _ in
                let pid = try #require(try await pids("admin", full).first)
                let refused = try await full.json(["kill", "--pid", "\(pid)", "--yes"], as: "mon")
                #expect(refused.exitCode == 80 && refused.envelope.text("error.code") == "kill.protected", "\(refused)")
                #expect(refused.envelope.text("error.message")?.contains("a superuser's session") == true)
                #expect(try await pids("admin", full) == [pid])
            }
            let launcher = try await full.server.psql(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum launcher'")
            let living = try await full.json(["kill", "--pid", launcher, "--yes"], as: "mon")
            #expect(living.exitCode == 80 && living.envelope.text("error.code") == "kill.protected", "\(living)")
            #expect(living.envelope.text("error.message")?.contains("one of the server's own processes") == true)
            let walsender = try await Connection.open(
                full.server.login(["replication": "database"]), settings: SessionSettings(applicationName: "standby"))
            try await walsender.closing { _ in
                let pid = try #require(try await pids("standby", full).first)
                let refused = try await full.json(["kill", "--pid", "\(pid)", "--yes"], as: "mon")
                #expect(refused.exitCode == 80, "\(refused)")
                #expect(refused.envelope.text("error.message")?.contains("walsender") == true)
            }
            try await full.server.psql("BEGIN; LOCK TABLE orders; PREPARE TRANSACTION 'it''s forgotten'")
            try await full.server.withWaiters(["SELECT count(*) FROM public.orders"]) {
                try await eventually("it has been waiting for a while") {
                    try await full.server.psql(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < now() - interval '1 s'") == "1"
                }
                let refused = try await full.json(["kill", "--root-blocker", "--yes"], as: "mon")
                #expect(refused.exitCode == 80, "\(refused)")
                #expect(
                    refused.envelope.text("error.message")?.contains("ROLLBACK PREPARED 'it''s forgotten'") == true)
                try await full.server.psql("ROLLBACK PREPARED 'it''s forgotten'")
            }
        }
    }

    @Test("a role that may not end them, or may not see them, is told which GRANT it lacks")
    func privileges() async throws {
        try await FullServer.with { full in
            try await full.server.psql("CREATE ROLE looker LOGIN; GRANT pg_monitor TO looker; CREATE ROLE blind LOGIN")
            try await full.server.withSessions(2, "web") { _ in
                let refused = try await full.json(["kill", "--stale", "0s", "--app", "web", "--yes"], as: "looker")
                #expect(refused.exitCode == 77, "\(refused)")
                #expect(refused.envelope.text("error.code") == "kill.not_permitted")
                #expect(refused.envelope.text("error.hint")?.contains("GRANT pg_signal_backend TO \"looker\"") == true)
                #expect(refused.data.list("victims").map { $0.text("outcome") } == ["not_permitted", "not_permitted"])
                let blind = try await full.json(["kill", "--stale", "0s", "--app", "web", "--yes"], as: "blind")
                #expect(blind.exitCode == 77 && blind.envelope.text("error.code") == "pool.hidden", "\(blind)")
                let pid = try #require(try await pids("web", full).first)
                for consent in [[], ["--yes"]] {
                    let named = try await full.json(["kill", "--pid", "\(pid)"] + consent, as: "blind")
                    #expect(named.exitCode == 77 && named.envelope.text("error.code") == "pool.hidden", "\(named)")
                    #expect(named.envelope.text("error.hint")?.contains("GRANT pg_monitor TO \"blind\"") == true)
                }
                #expect(try await pids("web", full).count == 2)
                let quiet = try await full.run(
                    ["kill", "--stale", "0s", "--app", "web", "--yes", "--quiet"], as: "mon")
                #expect(quiet.exitCode == 0 && quiet.stdout.isEmpty, "\(quiet)")
            }
        }
    }

    @Test(
        "the command line: one selection, --app with --stale, no nonsense",
        arguments: [
            [], ["--root-blocker", "--pid", "1"], ["--stale", "5m"], ["--app", "web"], ["--pid", "0"],
            ["--root-blocker", "--app", "web"], ["--pid", "1", "--max", "0"],
            ["--backend-start", "2026-01-01T00:00:00Z"],
            ["--pid", "1", "--backend-start", "yesterday"], ["--root-blocker", "--via", "pgbouncer"],
        ])
    func usage(_ options: [String]) async throws {
        let outcome = try await Dbctl.run(
            ["pool", "kill", "--database-url", "postgresql://app@127.0.0.1:1/app"] + options)
        #expect(outcome.exitCode == 64, "\(outcome)")
    }
}

/// Which server a command goes to.
@Suite("pool kill and the right server") struct PoolKillTargetTests {
    @Test("a rescue role of another server is never used for the one that was named, nor another target's")
    func rescueOfAnother() async throws {
        try await FullServer.with { other in
            try await FullServer.with { full in
                try await full.exhausted {
                    try await other.server.withSessions(3, "web") { _ in
                        let file = "\(full.server.folder)/dbctl.yaml"
                        let text = """
                            pool: {rescue: "\(other.url("mon"))"}
                            targets:
                              full: {url: "\(full.url("app"))"}
                              other: {url: "\(other.url("app"))"}
                              rescued: {url: "\(full.url("app"))", rescue: "\(full.url("mon"))"}

                            """
                        try text.write(toFile: file, atomically: true, encoding: .utf8)
                        let kill = ["pool", "kill", "--stale", "0s", "--app", "web", "--yes", "--config", file]
                        for place in [["--target", "full"], ["--database-url", full.url("app")]] {
                            let refused = try await Dbctl.run(kill + place)
                            #expect(refused.exitCode == 69 && refused.stderr.contains("slots.ordinary"), "\(refused)")
                        }
                        #expect(
                            try await other.server.psql(
                                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'web'") == "3")
                        let own = try await Dbctl.run(
                            ["pool", "doctor", "--format", "json", "--config", file, "--target", "rescued"])
                        let document = try own.json()
                        #expect(document.text("data.route") == "walsender", "\(own)")
                        let next = document.text("data.next_command") ?? ""
                        #expect(next.hasSuffix("--config \(file) --target rescued"), "\(next)")
                        #expect(
                            document.list("data.findings").compactMap { $0.text("next_command") }
                                .filter { $0.hasPrefix("dbctl") }.allSatisfy { $0.hasSuffix("--target rescued") })
                    }
                }
            }
        }
    }

    @Test("the next command names the server, without the password")
    func nextCommand() async throws {
        try await FullServer.with { full in
            try await full.server.withSessions(10, "web") { _ in
                let url = "postgresql://mon:secret@127.0.0.1:\(full.server.port)/postgres?sslmode=disable"
                let seen = try await Dbctl.run(["pool", "doctor", "--format", "json", "--database-url", url])
                let next = try seen.json().text("data.next_command") ?? ""
                #expect(next.contains("--database-url '") && next.contains(":\(full.server.port)/"), "\(next)")
                #expect(!next.contains("secret") && !seen.stdout.contains("secret"))
            }
        }
    }
}
