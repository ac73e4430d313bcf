import DBKit
import Foundation
import TestSupport
import Testing

/// The ways into a server whose slots are taken: each by itself, and in their order.
@Suite("Ways into a full server") struct PoolEntranceTests {
    @Test("the role of the connection, where there is room", arguments: TestServer.majors)
    func direct(_ major: Int) async throws {
        try await FullServer.with(major: major) { full in
            let seen = try await full.json(["doctor"])
            #expect(seen.exitCode == 0 && seen.envelope.text("schema") == "dbctl.pool.doctor/1", "\(seen)")
            #expect(seen.data.text("route") == "direct" && seen.data.list("refusals").isEmpty)
        }
    }

    @Test(
        "over the server's own socket a superuser's slot, when the ordinary ones are gone, P2",
        arguments: TestServer.majors)
    func superuser(_ major: Int) async throws {
        try await FullServer.with(major: major) { full in
            try await full.exhausted {
                for verb in ["doctor", "check"] {
                    let seen = try await full.json([verb], overSocket: true)
                    #expect(seen.data.text("route") == "superuser", "\(seen)")
                    #expect(seen.data.list("refusals").map { $0.text("code") } == ["slots.ordinary"])
                }
            }
        }
    }

    @Test(
        "replication=database, when every slot is gone, those of the superusers too, P2", arguments: TestServer.majors)
    func walsender(_ major: Int) async throws {
        try await FullServer.with(major: major) { full in
            try await full.exhausted(superusersToo: true) {
                for verb in ["doctor", "check"] {
                    let seen = try await full.json([verb], as: "mon")
                    #expect(seen.data.text("route") == "walsender", "\(seen)")
                    #expect(seen.data.list("refusals").map { $0.text("code") } == ["slots.all"])
                    #expect(seen.exitCode == (verb == "check" ? 2 : 0))
                }
                // The command that is offered gets in as well; and the way in is nobody's standby.
                let size = try await full.json(["size", "--sample", "0s"], as: "mon")
                #expect(size.envelope.text("schema") == "dbctl.pool.size/1" && size.exitCode < 2, "\(size)")
                let doctor = try await full.json(["doctor"], as: "mon")
                #expect(doctor.data.list("xmin_holders").isEmpty, "\(doctor.data.list("xmin_holders"))")
                let human = try await full.run(["doctor"], as: "mon")
                #expect(human.stdout.contains("way in: walsender (before it: direct as mon: slots.all)"), "\(human)")
                #expect(human.stdout.hasPrefix("CRITICAL: Leak in one application: “web” has 10 sessions open"))
            }
        }
    }

    @Test("pool.pgbouncer is asked for every target that names none, and never where it is in front of another one")
    func consoleOfTarget() async throws {
        try await FullServer.with { full in
            try await withTemporaryFolder { folder in
                let console = "postgresql://admin@127.0.0.1:1/pgbouncer"
                func notes(_ target: String, _ config: String) async throws -> [String] {
                    let file = "\(folder)/dbctl.yaml"
                    try config.write(toFile: file, atomically: true, encoding: .utf8)
                    let outcome = try await Dbctl.run(
                        ["pool", "doctor", "--format", "json", "--config", file, "--target", target])
                    return try outcome.json().at("data.notes") as? [String] ?? []
                }
                let own = "one: {url: \"\(full.url("mon"))\"}"
                let asked = try await notes(
                    "one", "targets:\n  \(own)\n  two: {url: \"postgresql://h/d\"}\npool: {pgbouncer: \"\(console)\"}\n"
                )
                #expect(asked.contains { $0.contains("did not answer") }, "\(asked)")
                let pooled = "two: {url: \"postgresql://app@127.0.0.1:1/d\"}"
                let other = try await notes(
                    "one", "targets:\n  \(own)\n  \(pooled)\npool: {pgbouncer: \"\(console)\"}\n")
                #expect(other.contains { $0.contains("was not asked: it is at the url of target two") }, "\(other)")
            }
        }
    }

    @Test("a role with pg_use_reserved_connections, set aside as pool.rescue", arguments: [16, 18])
    func reserved(_ major: Int) async throws {
        try await FullServer.with(major: major, settings: ["reserved_connections": "2"]) { full in
            try await full.server.psql(
                "CREATE ROLE rescue LOGIN; GRANT pg_use_reserved_connections, pg_monitor TO rescue")
            try await withTemporaryFolder { folder in
                let file = "\(folder)/dbctl.yaml"
                try "pool: {rescue: \"\(full.url("rescue"))\"}\n".write(toFile: file, atomically: true, encoding: .utf8)
                try await full.server.withSessions(8, "web") { _ in
                    for options in [[], ["--via", "reserved"]] {
                        let seen = try await full.json(["doctor", "--config", file] + options)
                        #expect(seen.data.text("route") == "reserved", "\(seen)")
                        #expect(seen.data.text("server.role") == "rescue")
                        #expect(seen.data.number("budget.ordinary_free") == 0)
                        #expect(seen.data.list("refusals").count == (options.isEmpty ? 1 : 0))
                    }
                }
            }
        }
    }

    @Test("no way in: which slots are gone, and what was tried")
    func none() async throws {
        try await FullServer.with { full in
            try await full.exhausted {
                let seen = try await full.json(["doctor"])
                #expect(seen.exitCode == 69 && seen.envelope.text("error.code") == "slots.ordinary", "\(seen)")
                let detail = seen.envelope.text("error.detail") ?? ""
                #expect(detail.contains("direct as app: slots.ordinary"), "\(detail)")
                #expect(detail.contains("walsender as app: auth.no_replication"), "\(detail)")
                #expect(seen.envelope.text("error.hint")?.contains("pool.rescue") == true)
                let check = try await full.run(["check"])
                #expect(check.exitCode == 2 && check.stdout.hasPrefix("CRITICAL: "), "\(check)")
                #expect(check.stdout.contains("(slots.ordinary)"))
                #expect(try await full.run(["doctor", "--via", "direct"], as: "mon").exitCode == 69)
            }
            try await full.exhausted(superusersToo: true) {
                let seen = try await full.json(["doctor"])
                #expect(seen.exitCode == 69 && seen.envelope.text("error.code") == "slots.all", "\(seen)")
            }
        }
    }

    @Test("what is no lack of slots is told at once: one way is tried, one login fails, P4")
    func wrongPassword() async throws {
        let hba = ["host all secret 127.0.0.1/32 scram-sha-256"]
        try await TestServer.withSandbox(hba: hba) { server in
            try await server.psql("CREATE ROLE secret LOGIN REPLICATION PASSWORD 'right'")
            let full = FullServer(server: server)
            for verb in ["doctor", "check"] {
                let outcome = try await Dbctl.run(
                    ["pool", verb, "--database-url", full.url("secret")], env: ["PGPASSWORD": "wrong"])
                #expect(outcome.exitCode == (verb == "doctor" ? 77 : 2), "\(outcome)")
                #expect(outcome.stderr.contains("auth.password"))
            }
            let failures = try server.log()
                .matches(of: /password authentication failed for user "secret"/).count
            #expect(failures == 2, "one for each of the two runs")
        }
    }

    @Test("never more than one session, whatever it had to try")
    func oneSession() async throws {
        try await FullServer.with { full in
            try await full.exhausted {
                let watcher = try await full.server.open("watcher", user: "postgres")
                try await watcher.closing { watcher in
                    var counts: [Int] = []
                    let arguments = ["pool", "doctor", "--database-url", full.url("mon")]
                    let outcome = try await Dbctl.withRunning(arguments) { running in
                        while !running.hasEnded {
                            counts.append(
                                try await watcher.run { session in
                                    try session.row(
                                        """
                                        SELECT count(*)::int4 AS n FROM pg_catalog.pg_stat_activity
                                        WHERE application_name LIKE 'dbctl pool doctor%'
                                        """
                                    ).value("n")
                                })
                        }
                    }
                    #expect(counts.max() == 1 && outcome.exitCode == 0, "\(counts.max() ?? 0) \(outcome)")
                }
            }
        }
    }

    @Test("through a pooler in transaction mode to a standby: one transaction, read only", .timeLimit(.minutes(5)))
    func pooledStandby() async throws {
        try await TestServer.withPair { primary, standby in
            try await primary.psql("CREATE ROLE app LOGIN")
            try await PgBouncer.with(standby, connections: 3) { pooler in
                let url = "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres"
                for verb in [["doctor"], ["check"], ["kill", "--root-blocker"]] {
                    let outcome = try await Dbctl.run(["pool"] + verb + ["--format", "json", "--database-url", url])
                    #expect(outcome.exitCode == 0, "\(outcome)")
                }
                let bench = try await Dbctl.run(
                    ["pool", "bench", "--clients", "2", "--pool-size", "1", "--duration", "1s", "--database-url", url])
                #expect(bench.exitCode == 78 && bench.stderr.contains("pool.bench_direct"), "\(bench)")
            }
        }
    }

    @Test("a queue at the pooler is told by its console, also when nobody has named that")
    func queueAtThePooler() async throws {
        try await FullServer.with { full in
            try await PgBouncer.with(full.server, connections: 2) { pooler in
                var parameters = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres")
                parameters.set("sslmode", "disable")
                var held: [Connection] = []
                for _ in 0..<2 {
                    let one = try await Connection.open(parameters, settings: SessionSettings(applicationName: "web"))
                    try await one.run { try $0.execute("BEGIN") }
                    held.append(one)
                }
                let connections = held
                try await finally {
                    let url = "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres?sslmode=disable"
                    let seen = try await Dbctl.run(["pool", "doctor", "--format", "json", "--database-url", url])
                    let document = try seen.json()
                    #expect(seen.exitCode == 0 && document.text("data.route") == "pgbouncer", "\(seen)")
                    #expect(document.list("data.pooler.pools").contains { $0.number("servers_active") == 2 }, "\(seen)")
                    let check = try await Dbctl.run(["pool", "check", "--database-url", url])
                    #expect(check.exitCode == 2, "a server that cannot be asked is bad news: \(check)")
                } cleanUp: {
                    for connection in connections { await connection.close() }
                }
            }
        }
    }

    @Test("a way that was asked for is tried with every role there is, also with one's own")
    func onlyWay() async throws {
        try await FullServer.with { full in
            let seen = try await full.json(["doctor", "--via", "superuser"], as: "postgres", overSocket: true)
            #expect(seen.exitCode == 0 && seen.data.text("route") == "superuser", "\(seen)")
            // The role may not; the superuser behind it may.
            let walsender = try await full.json(["doctor", "--via", "walsender"], overSocket: true)
            #expect(walsender.data.text("route") == "walsender" && walsender.data.text("server.role") == "postgres")
            let remote = try await full.json(["doctor", "--via", "superuser"])
            #expect(remote.exitCode == 69 && remote.envelope.text("error.code") == "connect.no_socket", "\(remote)")
        }
    }

    @Test("two runs of the same verb: the second is refused, and names the first, P13")
    func overlapping() async throws {
        try await FullServer.with { full in
            let holder = try await full.server.open("another doctor", user: "postgres")
            try await holder.closing { holder in
                for (verb, code) in [("doctor", 75), ("check", 3), ("kill", 75)] {
                    try await holder.run { session in
                        try JobLock.take("pool \(verb)", in: session, wait: .zero)
                    }
                    let more = verb == "kill" ? ["--root-blocker"] : []
                    let outcome = try await full.run([verb, "--wait", "0s"] + more, as: "mon")
                    #expect(outcome.exitCode == Int32(code), "\(outcome)")
                    #expect(outcome.stderr.contains("another doctor") && outcome.stderr.contains("lock.held"))
                    // Over a way that takes no binds, too.
                    let other = try await full.run([verb, "--wait", "0s", "--via", "walsender"] + more, as: "mon")
                    #expect(other.exitCode == Int32(code), "\(other)")
                }
            }
        }
    }

    @Test("pgbouncer's console: beside the server, and alone when nobody gets in, P12")
    func console() async throws {
        try await FullServer.with { full in
            try await PgBouncer.with(full.server, connections: 3) { pooler in
                try await withTemporaryFolder { folder in
                    let file = "\(folder)/dbctl.yaml"
                    let url = "postgresql://postgres@127.0.0.1:\(pooler.port)/pgbouncer"
                    try "pool: {pgbouncer: \"\(url)\"}\n".write(toFile: file, atomically: true, encoding: .utf8)
                    // Through the pooler, so that it has a pool.
                    let through = "postgresql://postgres@127.0.0.1:\(pooler.port)/postgres"
                    let seen = try await Dbctl.run(
                        ["pool", "doctor", "--format", "json", "--config", file, "--database-url", through])
                    let document = try seen.json()
                    #expect(seen.exitCode == 0 && document.text("data.route") == "direct", "\(seen)")
                    #expect(document.list("data.pooler.pools").map { $0.text("database") } == ["postgres"])
                    #expect(document.text("data.verdict.code") == "healthy")

                    try await full.server.withSessions(9, "web") { _ in
                        let outside = try await full.json(["doctor", "--config", file])
                        #expect(outside.data.text("route") == "pgbouncer", "\(outside)")
                        #expect(outside.data.text("verdict.code") == "slots")
                        #expect(outside.data.text("next_command")?.hasPrefix("RECONNECT postgres") == true)
                        #expect(outside.exitCode == 0)
                    }
                    let none = try await full.json(["doctor", "--via", "pgbouncer"])
                    #expect(none.exitCode == 69 && none.envelope.text("error.code") == "db.missing", "\(none)")
                    // Named by the connection, or guessed from it.
                    for address in [url, through] {
                        let asked = try await Dbctl.run(
                            ["pool", "doctor", "--via", "pgbouncer", "--format", "json", "--database-url", address])
                        #expect(try asked.json().text("data.route") == "pgbouncer", "\(asked)")
                    }
                    for verb in [["check"], ["kill", "--root-blocker"]] {
                        let wrong = try await Dbctl.run(["pool"] + verb + ["--database-url", url])
                        #expect(wrong.stderr.contains("pool.no_console"), "\(wrong)")
                    }
                }
            }
        }
    }
}
